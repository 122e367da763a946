from django.db import migrations

# Each group with the least that its work needs; superusers need none.
GROUPS = {
    # Answers users: finds their rows, ends sessions, sends emails again. Sees no resumes, which need no answer.
    "Support": {
        "accounts": "view_user view_jobseeker view_employer view_skill view_session change_session view_auditevent",
        "applications": "view_application",
        "jobs": "view_job view_category view_location",
        "notifications": "view_notification view_outgoingemail change_outgoingemail",
    },
    # Keeps the board clean: jobs, companies, categories and locations; blocks accounts.
    "Moderation": {
        "accounts": "view_user block_user view_employer change_employer",
        "jobs": "view_job change_job delete_job view_category add_category change_category delete_category "
        "view_location add_location change_location delete_location",
        "notifications": "add_notification",
    },
    # Watches the site: emails, the audit trail, counters.
    "Operations": {
        "accounts": "view_auditevent view_session",
        "admin": "view_logentry",
        "analytics": "view_analytics",
        "jobs": "view_job view_renaming",
        "notifications": "view_outgoingemail change_outgoingemail",
    },
}


def create_groups(apps, schema_editor):
    """Create the groups, which stay when the migration is reversed, and the permissions that Django would create after all migrations."""
    Permission = apps.get_model("auth", "Permission")
    ContentType = apps.get_model("contenttypes", "ContentType")
    for name, granted in GROUPS.items():
        group, is_created = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        if not is_created:
            # Its members must not get more permissions.
            print(f"\n  The group {name} exists and is left as it is.", end="")
            continue
        for label, codenames in granted.items():
            for codename in codenames.split():
                action, _, model = codename.partition("_")
                content_type, _ = ContentType.objects.get_or_create(app_label=label, model=model)
                noun = apps.get_model(label, model)._meta.verbose_name
                permission, _ = Permission.objects.get_or_create(
                    content_type=content_type, codename=codename, defaults={"name": f"Can {action} {noun}"}
                )
                group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_block_permission"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("analytics", "0002_index_newest_counters"),
        ("anywork", "0001_initial"),
        ("applications", "0002_index_newest_applications"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("jobs", "0009_rename_change"),
        ("notifications", "0004_senders_and_decisions"),
    ]

    operations = [migrations.RunPython(create_groups, migrations.RunPython.noop)]
