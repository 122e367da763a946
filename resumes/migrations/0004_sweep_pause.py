import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("resumes", "0003_admin_lists")]

    operations = [
        migrations.CreateModel(
            name="SweepPause",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("began_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={"default_permissions": ()},
        ),
    ]
