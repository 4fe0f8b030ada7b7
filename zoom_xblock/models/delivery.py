"""The inbox: what Zoom posted, as it arrived."""

from __future__ import annotations

from django.db import models

from zoom_xblock.models.fields import Leased, SecretTextField


class Delivery(Leased):
    """
    One verified delivery. Attempts of Zoom at the same one share a row.

    .. pii: The body as Zoom sent it may hold names, addresses and join links; encrypted.
    .. pii_types: name, email_address, external_service
    .. pii_retirement: local_api
    """

    class State(models.TextChoices):
        """What became of it."""

        NEW = "new", "waiting"
        DONE = "done", "processed"
        IGNORED = "ignored", "not for us"
        FAILED = "failed", "given up"

    digest = models.CharField(max_length=64, unique=True)
    endpoint = models.CharField(max_length=20)
    event = models.CharField(max_length=80, db_index=True)
    zoom_id = models.BigIntegerField(null=True, blank=True, db_index=True)
    body = SecretTextField()
    received_at = models.DateTimeField(db_index=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.NEW, db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True, db_index=True)
    processed_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=255, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"

    def __str__(self) -> str:
        return f"delivery {self.pk} {self.event}"


class Endpoint(models.Model):
    """
    When Zoom last validated one of our two addresses.

    .. no_pii:
    """

    name = models.CharField(max_length=20, unique=True)
    validated_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name
