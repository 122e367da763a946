from django.db import migrations

ACTIONS = ("add", "change", "delete", "view")


def rename_permissions(apps, old, new):
    """Keep what was granted; the content type has the new name in both directions at this point."""
    permissions = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="jobs", content_type__model="changecounter"
    )
    for action in ACTIONS:
        names = {"codename": f"{action}_{new.replace(' ', '')}", "name": f"Can {action} {new}"}
        permissions.filter(codename=f"{action}_{old.replace(' ', '')}").update(**names)


def forwards(apps, schema_editor):
    rename_permissions(apps, "change", "change counter")


def backwards(apps, schema_editor):
    rename_permissions(apps, "change counter", "change")


class Migration(migrations.Migration):
    """Renames the model alone: the table, to which triggers write, keeps its name."""

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("jobs", "0008_forget_words_in_less_time"),
    ]

    operations = [
        migrations.AlterModelTable("change", "jobs_change"),
        migrations.RenameModel("Change", "ChangeCounter"),
        migrations.RunPython(forwards, backwards),
    ]
