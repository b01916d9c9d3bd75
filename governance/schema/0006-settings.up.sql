-- Settings have a kind and a range, and are refused in words: a negative samples_kept would delete every sample.

CREATE FUNCTION governance.setting_limits() RETURNS TABLE (name text, kind text, lowest text, highest text, example text)
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
COMMENT ON FUNCTION governance.setting_limits IS 'Which settings there are, of what kind each is (interval, count, word), its lowest and highest value, and an example.';

CREATE FUNCTION governance.check_setting() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    limits record;
    wanted text;
    good boolean := false;
BEGIN
    IF TG_OP IN ('DELETE', 'TRUNCATE') THEN
        RAISE EXCEPTION 'a setting cannot be deleted: every one is needed'
            USING HINT = 'UPDATE governance.setting SET value = ... WHERE name = ...';
    END IF;
    SELECT known.* INTO limits FROM governance.setting_limits() AS known WHERE known.name = NEW.name;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no setting "%"', NEW.name
            USING HINT = (SELECT 'there are ' || string_agg(known.name, ', ' ORDER BY known.name)
                          FROM governance.setting_limits() AS known);
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.name <> OLD.name THEN
        RAISE EXCEPTION 'setting "%" cannot become "%": every one is needed', OLD.name, NEW.name;
    END IF;
    wanted := CASE limits.kind
        WHEN 'word' THEN '''by day'' or ''elsewhere'''
        WHEN 'count' THEN format('a whole number from %s to %s', limits.lowest, limits.highest)
        ELSE format('an interval from %s to %s', limits.lowest, limits.highest) END;
    BEGIN
        good := CASE limits.kind
            WHEN 'word' THEN NEW.value IN ('by day', 'elsewhere')
            WHEN 'count' THEN NEW.value ~ '^[0-9]{1,18}$' AND NEW.value::int8 BETWEEN limits.lowest::int8 AND limits.highest::int8
            ELSE NEW.value::interval BETWEEN limits.lowest::interval AND limits.highest::interval
                 -- "1 month -29 days" counts as positive, and from the first of March leads into the future
                 AND NEW.value !~ '-' END;
    EXCEPTION WHEN data_exception THEN
        good := false;
    END;
    IF good IS NOT TRUE THEN
        RAISE EXCEPTION 'setting % = %: % is wanted, such as %', NEW.name, quote_literal(NEW.value), wanted,
            quote_literal(limits.example);
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION governance.check_setting IS 'Trigger of governance.setting: refuses what is none, and says what is wanted.';

CREATE TRIGGER is_sound BEFORE INSERT OR UPDATE OR DELETE ON governance.setting
    FOR EACH ROW EXECUTE FUNCTION governance.check_setting();
CREATE TRIGGER is_needed BEFORE TRUNCATE ON governance.setting
    FOR EACH STATEMENT EXECUTE FUNCTION governance.check_setting();

-- What stands there must be sound, too: the migration says which is not.
UPDATE governance.setting SET value = value;
