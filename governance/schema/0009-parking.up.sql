-- Parking is bounded, for each gateway and in all. What is beyond is turned away: it is neither kept nor committed, so it is
-- not confirmed, and the gateway keeps it and sends it again.

CREATE OR REPLACE FUNCTION governance.setting_limits() RETURNS TABLE (name text, kind text, lowest text, highest text, example text)
LANGUAGE sql IMMUTABLE AS $$
    VALUES ('samples_kept', 'interval', '1 day', '36500 days', '30 days'),
           ('partitions', 'word', '', '', 'by day'),
           ('partitions_ahead', 'interval', '1 day', '60 days', '7 days'),
           ('compact_after', 'interval', '1 minute', '1 day', '15 minutes'),
           ('events_kept', 'interval', '30 days', '36500 days', '1825 days'),
           ('quarantine_kept', 'interval', '1 day', '3650 days', '90 days'),
           ('quarantine_of_gateway', 'count', '1', '100000', '8'),
           ('quarantine_in_all', 'count', '1', '1000000', '256'),
           ('parked_of_gateway', 'count', '1', '100000', '8'),
           ('parked_in_all', 'count', '1', '1000000', '256'),
           ('silent_after', 'interval', '10 seconds', '1 day', '90 seconds'),
           ('behind_after', 'count', '1', '1000000000', '1000'),
           ('ledger_kept', 'interval', '60 days', '36500 days', '400 days');
$$;

INSERT INTO governance.setting (name, value, meaning) VALUES
    ('parked_of_gateway', '8', 'MiB of batches of one gateway that wait for their catalogue. More is not taken, so the gateway keeps it'),
    ('parked_in_all', '256', 'MiB of batches of all gateways that wait for their catalogues. More is not taken, so the gateways keep it');

CREATE TABLE governance.parked_tally (
    gateway text PRIMARY KEY,
    kept int8 NOT NULL DEFAULT 0,
    kept_bytes int8 NOT NULL DEFAULT 0,
    turned_away int8 NOT NULL DEFAULT 0,
    is_owed boolean NOT NULL DEFAULT false,
    first_at timestamptz NOT NULL DEFAULT now(),
    last_turned_away_at timestamptz,
    last_hash text NOT NULL DEFAULT ''
) WITH (fillfactor = 50);
COMMENT ON TABLE governance.parked_tally IS 'Batches that wait for their catalogue, and those for which there was no room, counted by gateway.';
COMMENT ON COLUMN governance.parked_tally.gateway IS 'Whose.';
COMMENT ON COLUMN governance.parked_tally.kept IS 'Batches of it in governance.parked now.';
COMMENT ON COLUMN governance.parked_tally.kept_bytes IS 'What those take, about.';
COMMENT ON COLUMN governance.parked_tally.turned_away IS 'How many times a batch was not taken since first_at; one that comes again counts again.';
COMMENT ON COLUMN governance.parked_tally.is_owed IS 'It is to be asked for what was turned away as soon as the catalogue of last_hash is here.';
COMMENT ON COLUMN governance.parked_tally.first_at IS 'When its first batch was parked.';
COMMENT ON COLUMN governance.parked_tally.last_turned_away_at IS 'When a batch was last turned away; null: never.';
COMMENT ON COLUMN governance.parked_tally.last_hash IS 'Catalogue of that batch.';

CREATE FUNCTION governance.parked_size(p_payload bytea) RETURNS int8
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN octet_length(p_payload) + 300;
COMMENT ON FUNCTION governance.parked_size IS 'What a parked batch takes, about: with its row and index entries.';

INSERT INTO governance.parked_tally (gateway, kept, kept_bytes, first_at)
SELECT gateway, count(*), sum(governance.parked_size(payload)), min(received_at) FROM governance.parked GROUP BY gateway;

CREATE FUNCTION governance.parked_changed() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        UPDATE governance.parked_tally SET kept = 0, kept_bytes = 0;
    ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO governance.parked_tally AS tally (gateway, kept, kept_bytes)
        SELECT gateway, count(*), sum(governance.parked_size(payload)) FROM come GROUP BY gateway ORDER BY gateway
        ON CONFLICT (gateway) DO UPDATE SET kept = tally.kept + excluded.kept, kept_bytes = tally.kept_bytes + excluded.kept_bytes;
    ELSE
        PERFORM FROM governance.parked_tally WHERE gateway IN (SELECT gateway FROM gone) ORDER BY gateway FOR NO KEY UPDATE;
        UPDATE governance.parked_tally AS tally SET kept = tally.kept - less.kept, kept_bytes = tally.kept_bytes - less.bytes
        FROM (SELECT gateway, count(*) AS kept, sum(governance.parked_size(payload)) AS bytes FROM gone GROUP BY gateway) AS less
        WHERE tally.gateway = less.gateway;
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION governance.parked_changed IS 'Trigger of governance.parked: what comes takes room, what goes makes room.';
CREATE TRIGGER has_come AFTER INSERT ON governance.parked REFERENCING NEW TABLE AS come
    FOR EACH STATEMENT EXECUTE FUNCTION governance.parked_changed();
CREATE TRIGGER is_gone AFTER DELETE ON governance.parked REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION governance.parked_changed();
CREATE TRIGGER is_emptied AFTER TRUNCATE ON governance.parked
    FOR EACH STATEMENT EXECUTE FUNCTION governance.parked_changed();

CREATE FUNCTION governance.park(p_gateways text[], p_epochs int8[], p_sequences int8[], p_starts int8[], p_hashes text[],
                                p_payloads bytea[]) RETURNS int4
LANGUAGE plpgsql AS $$
DECLARE
    room_each int8 := governance.setting('parked_of_gateway')::int8 * 1048576;
    room_all int8 := governance.setting('parked_in_all')::int8 * 1048576;
    fits boolean[];
    turned_away int4;
BEGIN
    INSERT INTO governance.parked_tally (gateway)
    SELECT DISTINCT gateway FROM unnest(p_gateways) AS gateway ORDER BY gateway ON CONFLICT DO NOTHING;
    -- In the order of the key: see claim().
    PERFORM FROM governance.parked_tally WHERE gateway = ANY (p_gateways) ORDER BY gateway FOR NO KEY UPDATE;

    SELECT array_agg(tally.kept_bytes + told.of_gateway <= room_each AND taken.bytes + told.of_all <= room_all ORDER BY told.i) INTO fits
    FROM (SELECT list.i, list.gateway,
                 sum(governance.parked_size(list.payload)) OVER (PARTITION BY list.gateway ORDER BY list.i) AS of_gateway,
                 sum(governance.parked_size(list.payload)) OVER (ORDER BY list.i) AS of_all
          FROM unnest(p_gateways, p_payloads) WITH ORDINALITY AS list (gateway, payload, i)) AS told
    JOIN governance.parked_tally AS tally USING (gateway)
    CROSS JOIN (SELECT sum(kept_bytes) AS bytes FROM governance.parked_tally) AS taken;

    INSERT INTO governance.parked (gateway, epoch, sequence, start, hash, payload)
    SELECT gateway, epoch, sequence, start, hash, payload
    FROM unnest(p_gateways, p_epochs, p_sequences, p_starts, p_hashes, p_payloads, fits)
             AS told (gateway, epoch, sequence, start, hash, payload, fits)
    WHERE told.fits ON CONFLICT DO NOTHING;

    SELECT count(*) INTO turned_away FROM unnest(fits) AS told (does_fit) WHERE NOT told.does_fit;
    IF turned_away = 0 THEN
        RETURN 0;
    END IF;
    -- What is not kept is not committed: claim() has entered it in this transaction and holds these rows.
    UPDATE governance.ledger AS known SET ranges = known.ranges - told.ranges
    FROM (SELECT gateway, epoch, range_agg(int8range(sequence, sequence, '[]')) AS ranges
          FROM unnest(p_gateways, p_epochs, p_sequences, fits) AS list (gateway, epoch, sequence, fits)
          WHERE NOT list.fits GROUP BY gateway, epoch) AS told
    WHERE (known.gateway, known.epoch, known.stream) = (told.gateway, told.epoch, 2);
    UPDATE governance.parked_tally AS tally SET
        turned_away = tally.turned_away + told.batches, is_owed = true, last_turned_away_at = now(), last_hash = told.hashes[1]
    FROM (SELECT gateway, count(*) AS batches, array_agg(hash ORDER BY i DESC) AS hashes
          FROM unnest(p_gateways, p_hashes, fits) WITH ORDINALITY AS list (gateway, hash, fits, i)
          WHERE NOT list.fits GROUP BY gateway) AS told
    WHERE tally.gateway = told.gateway;
    RETURN turned_away;
END $$;
COMMENT ON FUNCTION governance.park IS 'Keeps batches whose catalogue is not known, as far as the settings parked_of_gateway and parked_in_all give room. The others are taken out of the ledger, into which claim() put them in the same transaction, so that they are not confirmed. Returns how many those are.';

CREATE VIEW governance.waiting AS
    SELECT tally.gateway, tally.kept, tally.kept_bytes, tally.turned_away, tally.is_owed,
           ARRAY(SELECT DISTINCT parked.hash FROM governance.parked WHERE parked.gateway = tally.gateway ORDER BY 1 LIMIT 20) AS hashes,
           tally.first_at, tally.last_turned_away_at, tally.last_hash
    FROM governance.parked_tally AS tally WHERE tally.kept > 0 OR tally.turned_away > 0;
COMMENT ON VIEW governance.waiting IS 'Whose batches wait for their catalogue, and whose are turned away because there is no room for more.';
COMMENT ON COLUMN governance.waiting.gateway IS 'Whose.';
COMMENT ON COLUMN governance.waiting.kept IS 'Batches of it in governance.parked now.';
COMMENT ON COLUMN governance.waiting.kept_bytes IS 'What those take, about.';
COMMENT ON COLUMN governance.waiting.turned_away IS 'How many times a batch was not taken since first_at; one that comes again counts again. The gateway keeps it.';
COMMENT ON COLUMN governance.waiting.is_owed IS 'It will be asked for what was turned away as soon as the catalogue of last_hash is here.';
COMMENT ON COLUMN governance.waiting.hashes IS 'Catalogues for which its batches wait, at most 20.';
COMMENT ON COLUMN governance.waiting.first_at IS 'When its first batch was parked.';
COMMENT ON COLUMN governance.waiting.last_turned_away_at IS 'When a batch was last turned away; null: never.';
COMMENT ON COLUMN governance.waiting.last_hash IS 'Catalogue of that batch.';

CREATE OR REPLACE VIEW governance.gateway_trouble AS
    SELECT gateway.gateway, gateway.community_code, gateway.last_heard_at, now() - gateway.last_heard_at AS unheard_for,
           trouble.what, gateway.online, gateway.clock_known, gateway.events_pending, gateway.telemetry_pending,
           gateway.records_abandoned, gateway.software
    FROM governance.gateway
    CROSS JOIN LATERAL (
        SELECT concat_ws(', ',
            CASE WHEN gateway.online IS FALSE THEN 'offline' END,
            CASE WHEN governance.is_silent(gateway.last_heard_at) THEN 'silent' END,
            CASE WHEN gateway.events_pending + gateway.telemetry_pending > governance.setting('behind_after')::int8 THEN 'behind' END,
            CASE WHEN gateway.clock_known IS FALSE THEN 'clock unknown' END,
            CASE WHEN gateway.records_abandoned > 0 THEN 'has abandoned records' END,
            CASE WHEN gateway.birth_start IS NULL THEN 'no birth' END,
            CASE WHEN gateway.catalogue_hash <> '' AND NOT EXISTS (
                SELECT FROM governance.catalogue
                WHERE (catalogue.gateway, catalogue.hash) = (gateway.gateway, gateway.catalogue_hash) AND complete)
                THEN 'catalogue missing' END,
            CASE WHEN EXISTS (SELECT FROM governance.parked WHERE parked.gateway = gateway.gateway) THEN 'batches parked' END,
            CASE WHEN EXISTS (SELECT FROM governance.parked_tally AS tally
                              WHERE tally.gateway = gateway.gateway AND tally.last_turned_away_at > now() - interval '1 day')
                THEN 'batches turned away' END,
            CASE WHEN EXISTS (SELECT FROM governance.quarantine WHERE quarantine.gateway = gateway.gateway)
                THEN 'records quarantined' END) AS what) AS trouble
    WHERE trouble.what <> '';
COMMENT ON COLUMN governance.gateway_trouble.what IS 'offline, silent, behind, clock unknown, has abandoned records, no birth, catalogue missing, batches parked, batches turned away (in the last day), records quarantined.';

CREATE OR REPLACE FUNCTION governance.retain(p_now timestamptz DEFAULT now()) RETURNS int4
LANGUAGE plpgsql AS $$
DECLARE
    samples_before timestamptz := date_trunc('day', p_now - governance.setting('samples_kept')::interval, 'UTC');
    events_before timestamptz := p_now - governance.setting('events_kept')::interval;
    dropped int4 := 0;
    only_counted int4;
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

    -- A catalogue that has not come in all that time will not come: the batch stays readable, with the reason. First the
    -- rows that the deletion will change, in the order of the key: see park().
    PERFORM FROM governance.parked_tally
    WHERE gateway IN (SELECT gateway FROM governance.parked WHERE received_at < samples_before)
    ORDER BY gateway FOR NO KEY UPDATE;
    WITH stranded AS (DELETE FROM governance.parked WHERE received_at < samples_before RETURNING *)
    SELECT governance.put_quarantine(array_agg(gateway), array_agg(epoch), array_agg(2::int2), array_agg(sequence),
                                     array_agg(''::text), array_agg(format('its catalogue %s never came', hash)),
                                     array_agg(payload))
    INTO only_counted FROM (SELECT * FROM stranded ORDER BY gateway) AS ordered;
    DELETE FROM governance.quarantine
    WHERE received_at < p_now - governance.setting('quarantine_kept')::interval;

    DELETE FROM governance.quarantine_tally
    WHERE kept = 0 AND last_at < p_now - governance.setting('quarantine_kept')::interval;
    DELETE FROM governance.parked_tally
    WHERE kept = 0 AND coalesce(last_turned_away_at, first_at) < p_now - governance.setting('quarantine_kept')::interval;

    DELETE FROM governance.alarm WHERE is_over AND received_at < events_before;
    DELETE FROM governance.alarm_event AS event WHERE received_at < events_before AND NOT EXISTS (
        SELECT FROM governance.alarm WHERE (alarm.gateway, alarm.alarm) = (event.gateway, event.alarm));
    DELETE FROM governance.audit WHERE received_at < events_before;
    DELETE FROM governance.ledger WHERE changed_at < p_now - governance.setting('ledger_kept')::interval;
    RETURN dropped;
END $$;
COMMENT ON FUNCTION governance.retain IS 'Drops and deletes what the settings no longer keep; returns how many partitions were dropped. A standing alarm is never deleted, nor its events.';

-- Words of 0001 that gateways never said or say otherwise.
COMMENT ON COLUMN governance.abandoned.reason IS 'size-limit, disk-full, damaged, memory-full, end-of-run (to the last number there can be).';
