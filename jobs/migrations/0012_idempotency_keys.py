from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0011_clean_names")]

    operations = [
        migrations.AddField("job", "idempotency_key", models.CharField(max_length=64, null=True, editable=False)),
        migrations.AddField("job", "idempotency_digest", models.CharField(max_length=64, null=True, editable=False)),
    ]
