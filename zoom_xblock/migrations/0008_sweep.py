from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("zoom_xblock", "0007_meeting_forgotten_at"),
    ]

    operations = [
        migrations.AddField(
            model_name="connection",
            name="swept_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="meeting",
            name="looked_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddIndex(
            model_name="meeting",
            index=models.Index(fields=["starts_at"], name="zoom_meetings_by_start"),
        ),
        migrations.AddIndex(
            model_name="occurrence",
            index=models.Index(fields=["starts_at"], name="zoom_dates_by_start"),
        ),
        migrations.AddIndex(
            model_name="sitting",
            index=models.Index(fields=["ended_at"], name="zoom_sittings_by_end"),
        ),
        migrations.AddIndex(
            model_name="sitting",
            index=models.Index(fields=["settled_at"], name="zoom_sittings_by_settlement"),
        ),
    ]
