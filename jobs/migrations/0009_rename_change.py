from django.db import migrations


class Migration(migrations.Migration):
    """Renames the model alone: the table, to which triggers write, keeps its name."""

    dependencies = [("jobs", "0008_forget_words_in_less_time")]

    operations = [
        migrations.AlterModelTable("change", "jobs_change"),
        migrations.RenameModel("Change", "ChangeCounter"),
    ]
