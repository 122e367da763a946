from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("analytics", "0002_index_newest_counters")]

    operations = [
        migrations.AlterModelOptions(
            "analytics",
            options={
                "ordering": ("-date", "-pk"),
                "permissions": (("export_analytics", "Can export analytics"),),
                "verbose_name_plural": "analytics",
            },
        ),
    ]
