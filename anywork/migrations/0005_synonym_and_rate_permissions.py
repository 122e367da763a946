from django.db import migrations

# What each group of 0002 gets, and the permissions that it must have, or else it is another group of this name.
GRANTS = {
    # The words by which jobs are found belong to categories and locations.
    "Moderation": (
        {"synonym": "view add change delete import export"},
        {"add_category", "change_category", "view_category"},
    ),
    # Rates are figures of the site, as counters are.
    "Operations": (
        {"currencyrate": "view add change delete import export"},
        {"view_job", "view_renaming"},
    ),
}


def grant(apps, schema_editor):
    """Let moderators edit synonyms, and operators the rates of currencies."""
    Permission = apps.get_model("auth", "Permission")
    ContentType = apps.get_model("contenttypes", "ContentType")
    for group in apps.get_model("auth", "Group").objects.filter(name__in=GRANTS):
        granted, required = GRANTS[group.name]
        if not required <= set(group.permissions.values_list("codename", flat=True)):
            continue
        for model, actions in granted.items():
            content_type, _ = ContentType.objects.get_or_create(app_label="jobs", model=model)
            noun = apps.get_model("jobs", model)._meta.verbose_name
            for action in actions.split():
                # As Django would create it after all migrations.
                name = f"Can {action} {model if action in ('import', 'export') else noun}"
                permission, _ = Permission.objects.get_or_create(
                    content_type=content_type, codename=f"{action}_{model}", defaults={"name": name}
                )
                group.permissions.add(permission)


def revoke(apps, schema_editor):
    for group in apps.get_model("auth", "Group").objects.filter(name__in=GRANTS):
        models = GRANTS[group.name][0]
        group.permissions.remove(
            *group.permissions.filter(content_type__app_label="jobs", content_type__model__in=models)
        )


class Migration(migrations.Migration):
    dependencies = [("anywork", "0004_transfer_permissions"), ("jobs", "0025_first_synonyms")]

    operations = [migrations.RunPython(grant, revoke)]
