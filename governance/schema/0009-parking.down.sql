-- Takes the bounds of parking and the counts away; what is parked stays.
COMMENT ON COLUMN governance.abandoned.reason IS 'size-limit, history, damaged, power-cut.';
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
            CASE WHEN EXISTS (SELECT FROM governance.quarantine WHERE quarantine.gateway = gateway.gateway)
                THEN 'records quarantined' END) AS what) AS trouble
    WHERE trouble.what <> '';
COMMENT ON COLUMN governance.gateway_trouble.what IS 'offline, silent, behind, clock unknown, has abandoned records, no birth, catalogue missing, batches parked, records quarantined.';
DROP VIEW governance.waiting;
DROP FUNCTION governance.park;
DROP TRIGGER has_come ON governance.parked;
DROP TRIGGER is_gone ON governance.parked;
DROP TRIGGER is_emptied ON governance.parked;
DROP FUNCTION governance.parked_changed, governance.parked_size;
DROP TABLE governance.parked_tally;
DROP TRIGGER is_sound ON governance.setting;
DELETE FROM governance.setting WHERE name IN ('parked_of_gateway', 'parked_in_all');
CREATE TRIGGER is_sound BEFORE INSERT OR UPDATE OR DELETE ON governance.setting
    FOR EACH ROW EXECUTE FUNCTION governance.check_setting();
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
