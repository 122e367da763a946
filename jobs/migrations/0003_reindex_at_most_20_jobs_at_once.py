from django.db import migrations, models

# A new name reaches up to 20 jobs in the request that sets it: 300 long ones took 7 to 9 s. When the task has come to
# the rest, the words of the former name are forgotten.
FEW_AT_ONCE = """
CREATE OR REPLACE FUNCTION jobs_renamed_at_once() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 20';
"""

MANY_AT_ONCE = """
CREATE OR REPLACE FUNCTION jobs_renamed_at_once() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 500';
"""

REMEMBER_FORMER_NAME = """
CREATE FUNCTION jobs_remember_former_name() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE jobs_renaming SET former_name = left(concat_ws(' ', nullif(former_name, ''), OLD.company_name), 1000)
        WHERE relation = 'employer' AND renamed = NEW.user_id;
    RETURN NULL;
END $$;

-- By its name it fires after jobs_employer_renamed, which writes the row.
CREATE TRIGGER jobs_employer_renamed_later AFTER UPDATE OF company_name ON accounts_employer
    FOR EACH ROW WHEN (OLD.company_name <> NEW.company_name) EXECUTE FUNCTION jobs_remember_former_name();
"""

FORGET_FORMER_NAME = """
DROP TRIGGER jobs_employer_renamed_later ON accounts_employer;
DROP FUNCTION jobs_remember_former_name;
"""


class Migration(migrations.Migration):
    dependencies = [("jobs", "0002_vocabulary_created_by")]

    operations = [
        migrations.AddField(
            model_name="renaming",
            name="former_name",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.RunSQL(FEW_AT_ONCE, MANY_AT_ONCE),
        migrations.RunSQL(REMEMBER_FORMER_NAME, FORGET_FORMER_NAME),
    ]
