from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("zoom_xblock", "0006_segment_is_phone"),
    ]

    operations = [
        migrations.AddField(
            model_name="meeting",
            name="forgotten_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
