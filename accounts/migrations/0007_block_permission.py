from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_clean_names")]

    operations = [
        migrations.AlterModelOptions(
            "user",
            options={"ordering": ("-created_at", "pk"), "permissions": (("block_user", "Can block user"),)},
        ),
    ]
