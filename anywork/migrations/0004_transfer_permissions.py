from django.db import migrations

# Of the groups of 0002: what each gets, and the permissions that it must have, or else it is another group of this name.
GRANTS = {
    "Moderation": {
        ("jobs", "category"): (("import", "export"), {"add_category", "change_category", "view_category"}),
        ("jobs", "location"): (("import", "export"), {"add_location", "change_location", "view_location"}),
        ("jobs", "job"): (("export",), {"view_job"}),
    },
    "Operations": {("analytics", "analytics"): (("export",), {"view_analytics"})},
}


def grant(apps, schema_editor):
    """Let the groups export what they see, and import what they may add and change."""
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    ContentType = apps.get_model("contenttypes", "ContentType")
    for group in Group.objects.filter(name__in=GRANTS):
        for (label, model), (actions, required) in GRANTS[group.name].items():
            if required <= set(group.permissions.values_list("codename", flat=True)):
                content_type, _ = ContentType.objects.get_or_create(app_label=label, model=model)
                for action in actions:
                    permission, _ = Permission.objects.get_or_create(
                        content_type=content_type,
                        codename=f"{action}_{model}",
                        defaults={"name": f"Can {action} {model}"},
                    )
                    group.permissions.add(permission)


def revoke(apps, schema_editor):
    for label, model in {key for grants in GRANTS.values() for key in grants}:
        apps.get_model("auth", "Permission").objects.filter(
            content_type__app_label=label, codename__in=[f"{action}_{model}" for action in ("import", "export")]
        ).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0003_transfer_permissions"),
        ("anywork", "0003_daily_figures"),
        ("jobs", "0014_transfer_permissions"),
    ]

    operations = [migrations.RunPython(grant, revoke)]
