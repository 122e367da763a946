CREATE OR REPLACE FUNCTION jobs_count_change() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO jobs_change (topic, shard, changes, transaction)
    VALUES (TG_ARGV[0], pg_backend_pid() % 16, 1, pg_current_xact_id()::text::bigint)
    ON CONFLICT (topic, shard)
        DO UPDATE SET changes = jobs_change.changes + 1, transaction = excluded.transaction;
    RETURN NULL;
END $$;

-- As before, but for the first bits of random numbers, whose sum would exceed a bigint.
CREATE OR REPLACE FUNCTION jobs_version(
    OUT changes bigint, OUT transaction bigint,
    OUT name_changes bigint, OUT name_transaction bigint,
    OUT closing timestamptz
) LANGUAGE plpgsql STABLE AS $$
BEGIN
    SELECT coalesce(sum(change.changes % 72057594037927936), 0), coalesce(max(change.transaction), 0),
        coalesce(sum(change.changes % 72057594037927936) FILTER (WHERE topic = 'names'), 0),
        coalesce(max(change.transaction) FILTER (WHERE topic = 'names'), 0)
    INTO changes, transaction, name_changes, name_transaction
    FROM jobs_change AS change;
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
