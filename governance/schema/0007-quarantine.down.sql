-- Takes the bounds of quarantine and the counts away; what is kept stays.
CREATE OR REPLACE FUNCTION governance.retain(p_now timestamptz DEFAULT now()) RETURNS int4
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
DROP VIEW governance.offender;
DROP TRIGGER is_freed ON governance.quarantine;
DROP TRIGGER is_emptied ON governance.quarantine;
DROP FUNCTION governance.quarantine_freed, governance.put_quarantine;
DROP INDEX governance.quarantine_same;
DROP FUNCTION governance.quarantine_size;
ALTER TABLE governance.quarantine DROP COLUMN counted_as;
DROP TABLE governance.quarantine_tally;
DROP TRIGGER is_sound ON governance.setting;
DELETE FROM governance.setting WHERE name IN ('quarantine_of_gateway', 'quarantine_in_all');
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
           ('silent_after', 'interval', '10 seconds', '1 day', '90 seconds'),
           ('behind_after', 'count', '1', '1000000000', '1000'),
           ('ledger_kept', 'interval', '60 days', '36500 days', '400 days');
$$;
