from django.db import migrations

# Mails still to be sent, to addresses that the accounts no longer have in this form. Python's own codec would write to
# another domain (strasse.example for straße.example).
FOLLOW_THE_ACCOUNTS = r"""
UPDATE notifications_outgoingemail AS email SET "to" = account.email
FROM accounts_user AS account
WHERE account.user_id = email.recipient_id
    AND email.state IN ('queued', 'sending', 'retry', 'held') AND email."to" ~ '[^\x01-\x7f]';

DELETE FROM notifications_outgoingemail
WHERE recipient_id IS NULL AND state IN ('queued', 'sending', 'retry', 'held') AND "to" ~ '[^\x01-\x7f]';
"""


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0002_account_mails"),
        ("accounts", "0004_canonical_addresses"),
    ]

    operations = [migrations.RunSQL(FOLLOW_THE_ACCOUNTS, migrations.RunSQL.noop, elidable=True)]
