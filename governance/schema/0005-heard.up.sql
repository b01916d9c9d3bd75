-- What was heard now and what the broker had kept are told apart; a database that was set back is noticed by a count.

-- ---- heard ---------------------------------------------------------------------------------------------------------

ALTER TABLE governance.gateway ALTER COLUMN last_heard_at DROP NOT NULL, ALTER COLUMN last_heard_at DROP DEFAULT;
COMMENT ON COLUMN governance.gateway.last_heard_at IS 'When any message of it last came, to a few seconds. Of a message that the broker had kept (retained), the gateway''s own time counts, where its clock was known. Null: it is known by such messages alone.';

CREATE OR REPLACE FUNCTION governance.heard(p_gateways text[]) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO governance.gateway (gateway, last_heard_at)
    SELECT DISTINCT gateway, now() FROM unnest(p_gateways) AS gateway ORDER BY gateway
    ON CONFLICT (gateway) DO UPDATE SET last_heard_at = greatest(governance.gateway.last_heard_at, now());
$$;
COMMENT ON FUNCTION governance.heard IS 'Notes that these gateways were just heard. In a transaction of its own, every few seconds.';

CREATE FUNCTION governance.heard_at(p_retained boolean, p_told timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE
RETURN CASE WHEN NOT p_retained THEN now() WHEN p_told IS NOT NULL THEN least(p_told, now()) END;
COMMENT ON FUNCTION governance.heard_at IS 'When the gateway of a message was heard: now, or, of a message that the broker had kept, at the time that the message says; null: it says none.';

DROP FUNCTION governance.put_state;
CREATE FUNCTION governance.put_state(p_gateway text, p_division text, p_community_code text, p_state jsonb,
                                     p_retained boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    new_start int8 := coalesce((p_state ->> 'start')::int8, 0);
    new_monotonic int8 := coalesce(governance.monotonic_of(p_state -> 'at'), 0);
    now_online boolean := coalesce((p_state ->> 'online')::boolean, false);
BEGIN
    PERFORM governance.meet(p_gateway);
    UPDATE governance.gateway AS known SET
        division = p_division, community_code = p_community_code,
        last_heard_at = greatest(known.last_heard_at, governance.heard_at(p_retained, governance.wall_of(p_state -> 'at'))),
        state_start = new_start, state_monotonic_us = new_monotonic, online = now_online,
        clock_known = coalesce((p_state ->> 'clock_known')::boolean, false),
        state_at = governance.wall_of(p_state -> 'at'),
        records_abandoned = coalesce((p_state ->> 'records_abandoned')::numeric, 0)::int8,
        events_pending = coalesce((p_state ->> 'events_pending')::numeric, 0)::int8,
        telemetry_pending = coalesce((p_state ->> 'telemetry_pending')::numeric, 0)::int8,
        buses = p_state -> 'buses',
        software = coalesce(nullif(p_state ->> 'software', ''), known.software)
    WHERE known.gateway = p_gateway AND now_online
      AND (known.state_start IS NULL OR (new_start, new_monotonic) >= (known.state_start, known.state_monotonic_us));
    -- A last will was written when its connection began: it says only that this run is gone. The broker sends it, so
    -- the gateway itself was not heard.
    IF NOT now_online THEN
        UPDATE governance.gateway AS known SET online = false, state_start = new_start,
            state_monotonic_us = CASE WHEN known.state_start = new_start THEN known.state_monotonic_us ELSE new_monotonic END
        WHERE known.gateway = p_gateway AND (known.state_start IS NULL OR new_start >= known.state_start);
    END IF;
END $$;
COMMENT ON FUNCTION governance.put_state IS 'A State of the feed: heartbeat, goodbye or last will; p_retained: the broker had kept it, so the gateway was not heard now.';

DROP FUNCTION governance.put_birth;
CREATE FUNCTION governance.put_birth(p_gateway text, p_division text, p_community_code text, p_birth jsonb,
                                     p_retained boolean DEFAULT false) RETURNS int4
LANGUAGE plpgsql AS $$
DECLARE
    born record;
    standing text[] := ARRAY(SELECT jsonb_array_elements_text(coalesce(p_birth -> 'standing_alarms', '[]')));
    new_start int8 := coalesce((p_birth ->> 'start')::int8, 0);
    new_as_of int8 := coalesce((p_birth ->> 'as_of_sequence')::int8, 0);
    closed int4;
BEGIN
    PERFORM governance.meet(p_gateway);
    UPDATE governance.gateway AS known SET
        division = p_division, community_code = p_community_code,
        last_heard_at = greatest(known.last_heard_at, governance.heard_at(p_retained, governance.wall_of(p_birth -> 'at'))),
        birth_start = new_start, birth_epoch = governance.signed64(coalesce(p_birth ->> 'epoch', '0')),
        birth_as_of = new_as_of, birth_alarms = standing, birth_at = governance.wall_of(p_birth -> 'at'),
        software = coalesce(p_birth ->> 'software', ''),
        configuration_hash = coalesce(p_birth ->> 'configuration_hash', ''),
        catalogue_hash = coalesce(p_birth ->> 'catalogue_hash', '')
    WHERE gateway = p_gateway AND (birth_start IS NULL OR (new_start, new_as_of) >= (birth_start, birth_as_of))
    RETURNING birth_start, birth_as_of, birth_alarms INTO born;
    IF NOT FOUND THEN
        RETURN 0;  -- an older one that came late
    END IF;
    UPDATE governance.alarm SET superseded = true, is_over = true
    WHERE gateway = p_gateway AND NOT is_over
      AND governance.is_superseded(start, sequence, alarm, born.birth_start, born.birth_as_of, born.birth_alarms);
    GET DIAGNOSTICS closed = ROW_COUNT;
    -- An earlier birth may have lacked what a gateway then took up again.
    UPDATE governance.alarm SET superseded = false, is_over = false
    WHERE gateway = p_gateway AND superseded AND alarm = ANY (born.birth_alarms);
    PERFORM governance.take_catalogue(p_gateway);
    RETURN closed;
END $$;
COMMENT ON FUNCTION governance.put_birth IS 'A Birth of the feed; returns how many alarms it ended as superseded. Older births than the one known change nothing. p_retained: the broker had kept it, so the gateway was not heard now.';

CREATE FUNCTION governance.is_silent(p_last_heard_at timestamptz) RETURNS boolean
LANGUAGE sql STABLE
RETURN p_last_heard_at IS NULL OR p_last_heard_at < now() - governance.setting('silent_after')::interval;
COMMENT ON FUNCTION governance.is_silent IS 'Whether a gateway that was last heard then counts as silent; null: it was never heard itself.';

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
COMMENT ON COLUMN governance.gateway_trouble.unheard_for IS 'Since it was last heard; null: it is known only by what the broker had kept of it.';

-- ---- confirmations -------------------------------------------------------------------------------------------------

CREATE TABLE governance.ingest (
    instance text PRIMARY KEY,
    confirmations int8 NOT NULL,
    changed_at timestamptz NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE governance.ingest IS 'Every gengfu-ingest, by its client id. Each counts here before it confirms records to gateways, and keeps the count in its state file: a database with a lower count was set back and may lack what was confirmed.';
COMMENT ON COLUMN governance.ingest.instance IS 'Its client id.';
COMMENT ON COLUMN governance.ingest.confirmations IS 'How many times it has confirmed.';
COMMENT ON COLUMN governance.ingest.changed_at IS 'When it last did.';

CREATE FUNCTION governance.count_confirmation(p_instance text) RETURNS int8
LANGUAGE sql AS $$
    INSERT INTO governance.ingest AS known (instance, confirmations, changed_at) VALUES (p_instance, 1, now())
    ON CONFLICT (instance) DO UPDATE SET confirmations = known.confirmations + 1, changed_at = now()
    RETURNING confirmations;
$$;
COMMENT ON FUNCTION governance.count_confirmation IS 'Called by a gengfu-ingest after it has read what to confirm and before it says so.';
