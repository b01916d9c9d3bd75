-- What gengfu-ingest's timer calls: partitions ahead, compaction, retention. Every step may run at any time beside
-- ingestion and beside itself, and may be cut off: each is one transaction that has happened or not.

CREATE FUNCTION governance.setting(p_name text) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT value FROM governance.setting WHERE name = p_name;
$$;
COMMENT ON FUNCTION governance.setting IS 'Value of a setting.';

-- ---- partitions ----------------------------------------------------------------------------------------------------

CREATE FUNCTION governance.make_partition(p_table text, p_day date) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    partition text := format('%s_%s', p_table, to_char(p_day, 'YYYYMMDD'));
    first timestamptz := p_day::timestamp AT TIME ZONE 'UTC';
    after timestamptz := (p_day + 1)::timestamp AT TIME ZONE 'UTC';
BEGIN
    IF to_regclass(format('governance.%I', partition)) IS NOT NULL THEN
        RETURN false;
    END IF;
    -- Rows of that day may have come before its partition: nobody may add some while they are moved.
    EXECUTE format('LOCK TABLE governance.%I IN SHARE ROW EXCLUSIVE MODE', p_table || '_default');
    EXECUTE format('CREATE TABLE governance.%I (LIKE governance.%I INCLUDING DEFAULTS INCLUDING COMMENTS INCLUDING STORAGE '
                   'INCLUDING COMPRESSION)', partition, p_table);
    IF p_table = 'sample_hour' THEN
        -- Two rows of the full target fill a page; longer ones go out of line (default: above 2 kB already).
        EXECUTE format('ALTER TABLE governance.%I SET (toast_tuple_target = 4064)', partition);
    END IF;
    EXECUTE format('WITH moved AS (DELETE FROM governance.%I WHERE hour >= $1 AND hour < $2 RETURNING *) '
                   'INSERT INTO governance.%I SELECT * FROM moved', p_table || '_default', partition) USING first, after;
    EXECUTE format('ALTER TABLE governance.%I ATTACH PARTITION governance.%I FOR VALUES FROM (%L) TO (%L)',
                   p_table, partition, first, after);
    RETURN true;
END $$;
COMMENT ON FUNCTION governance.make_partition IS 'Makes the partition of one day (UTC) of sample_recent or sample_hour, and moves into it what came before; false: it is there.';

CREATE FUNCTION governance.make_partitions(p_now timestamptz DEFAULT now()) RETURNS int4
LANGUAGE plpgsql AS $$
DECLARE
    today date := (p_now AT TIME ZONE 'UTC')::date;
    last date := ((p_now + governance.setting('partitions_ahead')::interval) AT TIME ZONE 'UTC')::date;
    made int4 := 0;
    part text;
    day date;
BEGIN
    IF governance.setting('partitions') <> 'by day'
       OR NOT pg_try_advisory_xact_lock(hashtext('governance'), hashtext('partitions')) THEN
        RETURN 0;
    END IF;
    PERFORM set_config('lock_timeout', '5s', true);  -- ingestion waits behind us: rather try again in a minute
    FOREACH part IN ARRAY ARRAY['sample_recent', 'sample_hour'] LOOP
        FOR day IN SELECT generate_series(today - 1, last, interval '1 day')::date LOOP
            made := made + governance.make_partition(part, day)::int4;
        END LOOP;
    END LOOP;
    RETURN made;
END $$;
COMMENT ON FUNCTION governance.make_partitions IS 'Makes the partitions from yesterday to the setting partitions_ahead; returns how many were missing. Samples of other days lie in the default partitions.';

-- ---- compaction ----------------------------------------------------------------------------------------------------

CREATE FUNCTION governance.compact_hour(p_hour timestamptz, p_gateways text[]) RETURNS int8
LANGUAGE plpgsql AS $$
DECLARE
    written int8;
BEGIN
    -- One compaction at a time: a second would not see what the first has just written of the same hour.
    PERFORM pg_advisory_xact_lock(hashtext('governance'), hashtext('compaction'));
    -- The rows are taken and their successors written in one statement. What ingestion adds meanwhile is not seen by it
    -- and stays for the next time.
    WITH taken AS (
        DELETE FROM governance.sample_recent WHERE hour = p_hour AND gateway = ANY (p_gateways)
        RETURNING gateway, block, quality, offsets, points, "values"
    ), fresh AS (
        SELECT taken.gateway, taken.block * 32768 + sample.point AS number, sample.at, sample.value, taken.quality
        FROM taken, unnest(taken.offsets, taken.points, taken."values") AS sample (at, point, value)
    ), earlier AS (  -- late samples of an hour that was compacted before
        DELETE FROM governance.sample_hour AS known
        USING (SELECT DISTINCT gateway, number FROM fresh) AS again
        WHERE known.hour = p_hour AND known.gateway = again.gateway AND known.number = again.number
        RETURNING known.*
    ), everything AS (
        SELECT gateway, number, at, value, quality FROM fresh
        UNION ALL
        SELECT earlier.gateway, earlier.number, sample.at,
               coalesce(coalesce(sample.small, sample.step) * scale.resolution + scale.base, sample.single, sample.exact),
               coalesce(sample.quality, 256::int2)
        FROM earlier LEFT JOIN governance.number_scale AS scale USING (scale),
             unnest(earlier.offsets, earlier.small, earlier.steps, earlier.singles, earlier.exacts, earlier.qualities)
                 AS sample (at, small, step, single, exact, quality)
    ), scaled AS (
        SELECT gateway, number, at, value, quality, scale.scale, scale.resolution, scale.base,
               CASE WHEN abs(value) <= 1e15 THEN round((value - scale.base) / scale.resolution) END AS step
        FROM everything
        LEFT JOIN governance.point USING (gateway, number)
        LEFT JOIN governance.number_scale AS scale ON scale.scale = point.scale
        ORDER BY gateway, number, at, quality, value
    ), gathered AS (
        SELECT gateway, number, min(scale) AS scale, array_agg(at) AS offsets, array_agg(value) AS vals,
               array_agg(step) AS steps, array_agg(quality) AS qualities, bool_and(quality = 256) AS all_good,
               coalesce(min(step) >= -32768 AND max(step) <= 32767, true) AS is_small,
               bool_and(value IS NULL OR coalesce(abs(step) < 2147483648 AND step * resolution + base = value, false)) AS is_step,
               bool_and(CASE WHEN value IS NULL OR value = 0 THEN true
                             WHEN abs(value) BETWEEN 1e-30 AND 1e30 THEN value::float4::float8 = value
                             ELSE false END) AS is_single
        FROM scaled
        GROUP BY gateway, number
    )
    INSERT INTO governance.sample_hour (hour, number, scale, gateway, offsets, qualities, small, steps, singles, exacts)
    SELECT p_hour, number, CASE WHEN is_step THEN scale END, gateway, offsets, CASE WHEN NOT all_good THEN qualities END,
           CASE WHEN is_step AND is_small THEN steps::int2[] END,
           CASE WHEN is_step AND NOT is_small THEN steps::int4[] END,
           CASE WHEN NOT is_step AND is_single THEN vals::float4[] END,
           CASE WHEN NOT is_step AND NOT is_single THEN vals END
    FROM gathered;
    GET DIAGNOSTICS written = ROW_COUNT;
    RETURN written;
END $$;
COMMENT ON FUNCTION governance.compact_hour IS 'Compacts one hour of some gateways: their rows of sample_recent become one row for each point in sample_hour. Returns how many such rows were written.';

CREATE FUNCTION governance.empty_partition(p_partition regclass) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    something boolean;
BEGIN
    PERFORM set_config('lock_timeout', '200ms', true);
    EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', p_partition);
    EXECUTE format('SELECT EXISTS (SELECT FROM %s)', p_partition) INTO something;
    IF something THEN
        RETURN false;
    END IF;
    EXECUTE format('TRUNCATE %s', p_partition);
    RETURN true;
EXCEPTION WHEN lock_not_available THEN
    RETURN false;  -- in use: another time
END $$;
COMMENT ON FUNCTION governance.empty_partition IS 'Gives the room of a partition back whose rows have all been compacted.';

CREATE PROCEDURE governance.compact(p_before timestamptz, p_samples int8 DEFAULT 2000000)
LANGUAGE plpgsql AS $$
DECLARE
    hours timestamptz[];
    each timestamptz;
    batch record;
    batches text[];
    partition record;
BEGIN
    -- From gateway to gateway along the index: mostly there is nothing to do, and the hour that goes on is not to be read
    -- for that every minute.
    hours := ARRAY(
        WITH RECURSIVE one AS (
            SELECT min(gateway) AS gateway FROM governance.sample_recent
            UNION ALL
            SELECT (SELECT min(next.gateway) FROM governance.sample_recent AS next WHERE next.gateway > one.gateway)
            FROM one WHERE one.gateway IS NOT NULL)
        SELECT DISTINCT due.hour FROM one
        CROSS JOIN LATERAL (SELECT DISTINCT recent.hour FROM governance.sample_recent AS recent
                            WHERE recent.gateway = one.gateway AND recent.hour < p_before) AS due
        ORDER BY due.hour);
    FOREACH each IN ARRAY hours LOOP
        -- As many gateways at once as have p_samples: that bounds the memory of a step and what a kill throws away.
        FOR batch IN
            SELECT array_agg(gateway) AS gateways
            FROM (SELECT gateway, div(sum(sum(cardinality(offsets))) OVER (ORDER BY gateway), p_samples) AS turn
                  FROM governance.sample_recent WHERE hour = each GROUP BY gateway) AS counted
            GROUP BY turn ORDER BY turn
        LOOP
            PERFORM set_config('work_mem', '128MB', true);
            PERFORM governance.compact_hour(each, batch.gateways);
            COMMIT;
        END LOOP;
    END LOOP;
    FOR partition IN
        SELECT inhrelid::regclass AS name FROM pg_inherits
        WHERE governance.setting('partitions') = 'by day'
          AND inhparent = 'governance.sample_recent'::regclass AND pg_relation_size(inhrelid) > 0
          AND pg_get_expr((SELECT relpartbound FROM pg_class WHERE oid = inhrelid), inhrelid) <> 'DEFAULT'
          AND right(inhrelid::regclass::text, 8) < to_char(p_before AT TIME ZONE 'UTC', 'YYYYMMDD')
    LOOP
        PERFORM governance.empty_partition(partition.name);
        COMMIT;
    END LOOP;
END $$;
COMMENT ON PROCEDURE governance.compact IS 'Compacts all hours that began before a time, in steps of about p_samples samples that commit one by one.';

-- ---- retention -----------------------------------------------------------------------------------------------------

CREATE FUNCTION governance.retain(p_now timestamptz DEFAULT now()) RETURNS int4
LANGUAGE plpgsql AS $$
DECLARE
    samples_before timestamptz := date_trunc('day', p_now - governance.setting('samples_kept')::interval, 'UTC');
    events_before timestamptz := p_now - governance.setting('events_kept')::interval;
    dropped int4 := 0;
    partition record;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('governance'), hashtext('retention')) THEN
        RETURN 0;
    END IF;
    PERFORM set_config('lock_timeout', '5s', true);
    FOR partition IN
        SELECT inhrelid::regclass AS name FROM pg_inherits
        WHERE governance.setting('partitions') = 'by day'
          AND inhparent IN ('governance.sample_recent'::regclass, 'governance.sample_hour'::regclass)
          AND pg_get_expr((SELECT relpartbound FROM pg_class WHERE oid = inhrelid), inhrelid) <> 'DEFAULT'
          AND right(inhrelid::regclass::text, 8) < to_char(samples_before AT TIME ZONE 'UTC', 'YYYYMMDD')
        ORDER BY 1
    LOOP
        EXECUTE format('DROP TABLE %s', partition.name);
        dropped := dropped + 1;
    END LOOP;
    DELETE FROM governance.sample_recent WHERE hour < samples_before;  -- what is left: in the default partition
    DELETE FROM governance.sample_hour WHERE hour < samples_before;
    DELETE FROM governance.sample_clockless WHERE received_at < samples_before;
    DELETE FROM governance.sample_text WHERE received_at < samples_before;

    -- A catalogue that has not come in all that time will not come: the batch stays readable, with the reason.
    WITH stranded AS (DELETE FROM governance.parked WHERE received_at < samples_before RETURNING *)
    INSERT INTO governance.quarantine (gateway, epoch, stream, sequence, topic, reason, payload)
    SELECT gateway, epoch, 2, sequence, '', format('its catalogue %s never came', hash), payload FROM stranded;
    DELETE FROM governance.quarantine
    WHERE received_at < p_now - governance.setting('quarantine_kept')::interval;

    DELETE FROM governance.alarm WHERE is_over AND received_at < events_before;
    DELETE FROM governance.alarm_event AS event WHERE received_at < events_before AND NOT EXISTS (
        SELECT FROM governance.alarm WHERE (alarm.gateway, alarm.alarm) = (event.gateway, event.alarm));
    DELETE FROM governance.audit WHERE received_at < events_before;
    DELETE FROM governance.ledger WHERE changed_at < p_now - governance.setting('ledger_kept')::interval;
    RETURN dropped;
END $$;
COMMENT ON FUNCTION governance.retain IS 'Drops and deletes what the settings no longer keep; returns how many partitions were dropped. A standing alarm is never deleted, nor its events.';

-- ---- registry and alarms -------------------------------------------------------------------------------------------

CREATE FUNCTION governance.place_alarms() RETURNS int8
LANGUAGE sql AS $$
    WITH moved AS (
        UPDATE governance.alarm SET grid = coalesce(nullif(component.grid, ''), alarm.told_grid),
                                    street = coalesce(nullif(component.street, ''), alarm.told_street)
        FROM governance.component
        WHERE NOT alarm.is_over AND alarm.component <> '' AND component.code = alarm.component
          AND (alarm.grid, alarm.street) IS DISTINCT FROM (coalesce(nullif(component.grid, ''), alarm.told_grid),
                                                           coalesce(nullif(component.street, ''), alarm.told_street))
        RETURNING 1)
    SELECT count(*) FROM moved;
$$;
COMMENT ON FUNCTION governance.place_alarms IS 'Puts standing alarms where the registry now has their component; returns how many moved.';

-- ---- all of it -----------------------------------------------------------------------------------------------------

CREATE PROCEDURE governance.maintain(p_now timestamptz DEFAULT NULL)
LANGUAGE plpgsql AS $$
DECLARE
    instant timestamptz := coalesce(p_now, now());
BEGIN
    PERFORM governance.make_partitions(instant);
    COMMIT;
    PERFORM governance.retain(instant);
    COMMIT;
    PERFORM governance.place_alarms();
    COMMIT;
    CALL governance.compact(date_trunc('hour', instant - governance.setting('compact_after')::interval, 'UTC'));
END $$;
COMMENT ON PROCEDURE governance.maintain IS 'What is to be done about once a minute; called outside a transaction. p_now is for tests.';

SELECT governance.make_partitions();
