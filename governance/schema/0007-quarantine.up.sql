-- Quarantine is bounded, for each gateway and in all: the first messages are kept whole, the rest is counted, and who
-- offends is shown, known or not.

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
           ('silent_after', 'interval', '10 seconds', '1 day', '90 seconds'),
           ('behind_after', 'count', '1', '1000000000', '1000'),
           ('ledger_kept', 'interval', '60 days', '36500 days', '400 days');
$$;

INSERT INTO governance.setting (name, value, meaning) VALUES
    ('quarantine_of_gateway', '8', 'MiB of quarantined messages kept of one gateway; all that are not known share one such room. More is counted'),
    ('quarantine_in_all', '256', 'MiB of quarantined messages kept of all gateways. More is counted');

CREATE TABLE governance.quarantine_tally (
    gateway text PRIMARY KEY,
    told int8 NOT NULL DEFAULT 0,
    kept int8 NOT NULL DEFAULT 0,
    kept_bytes int8 NOT NULL DEFAULT 0,
    only_counted int8 NOT NULL DEFAULT 0,
    first_at timestamptz NOT NULL DEFAULT now(),
    last_at timestamptz NOT NULL DEFAULT now(),
    last_topic text NOT NULL DEFAULT '',
    last_reason text NOT NULL DEFAULT ''
) WITH (fillfactor = 50);
COMMENT ON TABLE governance.quarantine_tally IS 'What could not be stored, counted by gateway.';
COMMENT ON COLUMN governance.quarantine_tally.gateway IS 'Whose; empty: all gateways that are not known, and topics without one.';
COMMENT ON COLUMN governance.quarantine_tally.told IS 'Messages that could not be stored, since first_at.';
COMMENT ON COLUMN governance.quarantine_tally.kept IS 'Of them in governance.quarantine now.';
COMMENT ON COLUMN governance.quarantine_tally.kept_bytes IS 'What those take, about.';
COMMENT ON COLUMN governance.quarantine_tally.only_counted IS 'Messages for which there was no room: they are lost but for this count.';
COMMENT ON COLUMN governance.quarantine_tally.first_at IS 'When the first came.';
COMMENT ON COLUMN governance.quarantine_tally.last_at IS 'When the last came.';
COMMENT ON COLUMN governance.quarantine_tally.last_topic IS 'Topic of the last.';
COMMENT ON COLUMN governance.quarantine_tally.last_reason IS 'Why the last could not be stored.';

ALTER TABLE governance.quarantine ADD COLUMN counted_as text NOT NULL DEFAULT '';
COMMENT ON COLUMN governance.quarantine.counted_as IS 'Row of quarantine_tally that counts it.';
CREATE INDEX quarantine_same ON governance.quarantine (gateway, md5(payload)) WHERE sequence IS NULL;

CREATE FUNCTION governance.quarantine_size(p_payload bytea) RETURNS int8
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN octet_length(p_payload) + 500;
COMMENT ON FUNCTION governance.quarantine_size IS 'What a quarantined message takes, about: with its row, topic, reason and index entries.';

UPDATE governance.quarantine SET counted_as = gateway
WHERE EXISTS (SELECT FROM governance.gateway WHERE gateway.gateway = quarantine.gateway);
INSERT INTO governance.quarantine_tally (gateway, told, kept, kept_bytes, first_at, last_at)
SELECT counted_as, count(*), count(*), sum(governance.quarantine_size(payload)), min(received_at), max(received_at)
FROM governance.quarantine GROUP BY counted_as;

CREATE FUNCTION governance.put_quarantine(p_gateways text[], p_epochs int8[], p_streams int2[], p_sequences int8[],
                                          p_topics text[], p_reasons text[], p_payloads bytea[]) RETURNS int4
LANGUAGE plpgsql AS $$
DECLARE
    room_each int8 := governance.setting('quarantine_of_gateway')::int8 * 1048576;
    room_all int8 := governance.setting('quarantine_in_all')::int8 * 1048576;
    keys text[];
    fresh boolean[];
    fits boolean[];
BEGIN
    SELECT array_agg(CASE WHEN known.gateway IS NULL THEN '' ELSE known.gateway END ORDER BY told.i) INTO keys
    FROM unnest(p_gateways) WITH ORDINALITY AS told (gateway, i) LEFT JOIN governance.gateway AS known USING (gateway);
    IF keys IS NULL THEN
        RETURN 0;
    END IF;
    INSERT INTO governance.quarantine_tally (gateway)
    SELECT DISTINCT key FROM unnest(keys) AS key ORDER BY key ON CONFLICT DO NOTHING;
    -- In the order of the key: see claim().
    PERFORM FROM governance.quarantine_tally WHERE gateway = ANY (keys) ORDER BY gateway FOR NO KEY UPDATE;

    -- What has no identity may come twice from a broker: the same again is neither kept nor counted.
    SELECT array_agg(judged.sequence IS NOT NULL OR NOT judged.is_there AND judged.turn = 1 ORDER BY judged.i) INTO fresh
    FROM (SELECT told.i, told.sequence,
                 row_number() OVER (PARTITION BY told.gateway, told.topic, md5(told.payload), told.sequence ORDER BY told.i) AS turn,
                 EXISTS (SELECT FROM governance.quarantine AS there
                         WHERE there.sequence IS NULL AND told.sequence IS NULL AND there.gateway = told.gateway
                           AND md5(there.payload) = md5(told.payload) AND there.topic = told.topic
                           AND there.payload = told.payload) AS is_there
          FROM unnest(p_gateways, p_sequences, p_topics, p_payloads) WITH ORDINALITY
                   AS told (gateway, sequence, topic, payload, i)) AS judged;
    SELECT array_agg(told.fresh AND tally.kept_bytes + told.of_key <= room_each AND taken.bytes + told.of_all <= room_all
                     ORDER BY told.i) INTO fits
    FROM (SELECT each.i, each.key, each.fresh,
                 sum(each.size) OVER (PARTITION BY each.key ORDER BY each.i) AS of_key, sum(each.size) OVER (ORDER BY each.i) AS of_all
          FROM (SELECT list.i, list.key, list.fresh, CASE WHEN list.fresh THEN governance.quarantine_size(list.payload) ELSE 0 END AS size
                FROM unnest(keys, fresh, p_payloads) WITH ORDINALITY AS list (key, fresh, payload, i)) AS each) AS told
    JOIN governance.quarantine_tally AS tally ON tally.gateway = told.key
    CROSS JOIN (SELECT sum(kept_bytes) AS bytes FROM governance.quarantine_tally) AS taken;

    INSERT INTO governance.quarantine (gateway, epoch, stream, sequence, topic, reason, payload, counted_as)
    SELECT told.gateway, told.epoch, told.stream, told.sequence, told.topic, told.reason, told.payload, told.key
    FROM unnest(p_gateways, p_epochs, p_streams, p_sequences, p_topics, p_reasons, p_payloads, keys, fits) WITH ORDINALITY
             AS told (gateway, epoch, stream, sequence, topic, reason, payload, key, fits, i)
    WHERE told.fits ORDER BY told.i;
    UPDATE governance.quarantine_tally AS tally SET
        told = tally.told + more.told, kept = tally.kept + more.kept, kept_bytes = tally.kept_bytes + more.bytes,
        only_counted = tally.only_counted + more.told - more.kept, last_at = now(), last_topic = more.topics[1],
        last_reason = more.reasons[1]
    FROM (SELECT list.key, count(*) AS told, count(*) FILTER (WHERE list.fits) AS kept,
                 coalesce(sum(governance.quarantine_size(list.payload)) FILTER (WHERE list.fits), 0) AS bytes,
                 array_agg(list.topic ORDER BY list.i DESC) AS topics, array_agg(list.reason ORDER BY list.i DESC) AS reasons
          FROM unnest(keys, fresh, fits, p_topics, p_reasons, p_payloads) WITH ORDINALITY
                   AS list (key, fresh, fits, topic, reason, payload, i)
          WHERE list.fresh GROUP BY list.key) AS more
    WHERE tally.gateway = more.key;
    RETURN (SELECT count(*) FROM unnest(fresh, fits) AS list (fresh, fits) WHERE list.fresh AND NOT list.fits);
END $$;
COMMENT ON FUNCTION governance.put_quarantine IS 'Keeps messages that could not be stored, as far as the settings quarantine_of_gateway and quarantine_in_all give room, and counts all; returns how many were only counted.';

CREATE FUNCTION governance.quarantine_freed() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        UPDATE governance.quarantine_tally SET kept = 0, kept_bytes = 0;
        RETURN NULL;
    END IF;
    PERFORM FROM governance.quarantine_tally WHERE gateway IN (SELECT counted_as FROM gone) ORDER BY gateway FOR NO KEY UPDATE;
    UPDATE governance.quarantine_tally AS tally SET kept = tally.kept - less.kept, kept_bytes = tally.kept_bytes - less.bytes
    FROM (SELECT counted_as, count(*) AS kept, sum(governance.quarantine_size(payload)) AS bytes FROM gone GROUP BY counted_as) AS less
    WHERE tally.gateway = less.counted_as;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION governance.quarantine_freed IS 'Trigger of governance.quarantine: what is deleted makes room.';
CREATE TRIGGER is_freed AFTER DELETE ON governance.quarantine REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION governance.quarantine_freed();
CREATE TRIGGER is_emptied AFTER TRUNCATE ON governance.quarantine
    FOR EACH STATEMENT EXECUTE FUNCTION governance.quarantine_freed();

CREATE VIEW governance.offender AS
    SELECT tally.gateway, tally.gateway <> '' AS is_known,
           CASE WHEN tally.gateway <> '' THEN ARRAY[tally.gateway]
                ELSE ARRAY(SELECT DISTINCT kept.gateway FROM governance.quarantine AS kept
                           WHERE kept.counted_as = '' AND kept.gateway <> '' ORDER BY 1 LIMIT 20) END AS names,
           tally.told, tally.kept, tally.kept_bytes, tally.only_counted, tally.first_at, tally.last_at, tally.last_topic, tally.last_reason
    FROM governance.quarantine_tally AS tally;
COMMENT ON VIEW governance.offender IS 'Who sends what cannot be stored.';
COMMENT ON COLUMN governance.offender.gateway IS 'Gateway; empty: all that are not known, and topics without one.';
COMMENT ON COLUMN governance.offender.is_known IS 'The gateway has been heard otherwise.';
COMMENT ON COLUMN governance.offender.names IS 'Gateway; where it is not known, at most 20 names from the topics of what is kept.';
COMMENT ON COLUMN governance.offender.told IS 'Messages that could not be stored, since first_at.';
COMMENT ON COLUMN governance.offender.kept IS 'Of them in governance.quarantine now.';
COMMENT ON COLUMN governance.offender.kept_bytes IS 'What those take, about.';
COMMENT ON COLUMN governance.offender.only_counted IS 'Messages for which there was no room: they are lost but for this count.';
COMMENT ON COLUMN governance.offender.first_at IS 'When the first came.';
COMMENT ON COLUMN governance.offender.last_at IS 'When the last came.';
COMMENT ON COLUMN governance.offender.last_topic IS 'Topic of the last.';
COMMENT ON COLUMN governance.offender.last_reason IS 'Why the last could not be stored.';

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

    -- A catalogue that has not come in all that time will not come: the batch stays readable, with the reason.
    WITH stranded AS (DELETE FROM governance.parked WHERE received_at < samples_before RETURNING *)
    SELECT governance.put_quarantine(array_agg(gateway), array_agg(epoch), array_agg(2::int2), array_agg(sequence),
                                     array_agg(''::text), array_agg(format('its catalogue %s never came', hash)),
                                     array_agg(payload))
    INTO only_counted FROM (SELECT * FROM stranded ORDER BY gateway) AS ordered;
    DELETE FROM governance.quarantine
    WHERE received_at < p_now - governance.setting('quarantine_kept')::interval;

    DELETE FROM governance.quarantine_tally
    WHERE kept = 0 AND last_at < p_now - governance.setting('quarantine_kept')::interval;

    DELETE FROM governance.alarm WHERE is_over AND received_at < events_before;
    DELETE FROM governance.alarm_event AS event WHERE received_at < events_before AND NOT EXISTS (
        SELECT FROM governance.alarm WHERE (alarm.gateway, alarm.alarm) = (event.gateway, event.alarm));
    DELETE FROM governance.audit WHERE received_at < events_before;
    DELETE FROM governance.ledger WHERE changed_at < p_now - governance.setting('ledger_kept')::interval;
    RETURN dropped;
END $$;
COMMENT ON FUNCTION governance.retain IS 'Drops and deletes what the settings no longer keep; returns how many partitions were dropped. A standing alarm is never deleted, nor its events.';
