from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0028_apply_again")]

    operations = [
        migrations.AddField(
            "synonym", "is_former_name", models.BooleanField(default=False, db_default=False, editable=False)
        )
    ]
