-- Writes a random number of 63 bits into one of 16 rows, so that writers seldom wait for each other. A count would be
-- used twice after a fail-over to a standby that lacks the last changes.
CREATE OR REPLACE FUNCTION jobs_count_change() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    -- The first and last digits, which are random; those between tell the kind of UUID. random() has 52 bits.
    random text := gen_random_uuid();
BEGIN
    INSERT INTO jobs_change (topic, shard, changes, transaction)
    VALUES (
        TG_ARGV[0], pg_backend_pid() % 16,
        ('x' || left(random, 4) || right(random, 12))::bit(64)::bigint & 9223372036854775807,
        pg_current_xact_id()::text::bigint
    )
    ON CONFLICT (topic, shard) DO UPDATE SET changes = excluded.changes, transaction = excluded.transaction;
    RETURN NULL;
END $$;

-- The version is a hash of the numbers of each topic. Its columns keep the names that older code reads.
CREATE OR REPLACE FUNCTION jobs_version(
    OUT changes bigint, OUT transaction bigint,
    OUT name_changes bigint, OUT name_transaction bigint,
    OUT closing timestamptz
) LANGUAGE plpgsql STABLE AS $$
BEGIN
    SELECT hash_array_extended(array_agg(change.changes ORDER BY shard) FILTER (WHERE topic = 'jobs'), 0),
        hash_array_extended(array_agg(change.changes ORDER BY shard) FILTER (WHERE topic = 'names'), 0)
    INTO changes, name_changes
    FROM jobs_change AS change;
    transaction := name_changes;
    name_transaction := 0;
    -- A job that closes by itself changes nothing that a trigger could see.
    SELECT closes_at INTO closing
    FROM jobs_job WHERE is_active AND closes_at > now() ORDER BY closes_at LIMIT 1;
    -- Nor does one that expires while it is paused or scheduled.
    closing := least(closing, (
        SELECT closes_at FROM jobs_job
        WHERE NOT is_active AND inactive_state IN ('scheduled', 'paused') AND closes_at > now()
        ORDER BY closes_at LIMIT 1
    ));
END $$;
