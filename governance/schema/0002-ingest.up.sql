-- What gengfu-ingest calls while it stores the feed. Every put_ function may be called again with the same record, and in
-- any order with others: the tables end the same. What they cannot store they refuse by an exception; the caller rolls
-- back to its savepoint and puts the record into governance.quarantine.
--
-- Messages come as JSON with the names of the proto files, enums as numbers, 64-bit numbers as strings: what
-- protobuf's MessageToJsonString writes with preserve_proto_field_names and always_print_enums_as_ints.

-- ---- words of the feed ---------------------------------------------------------------------------------------------

CREATE FUNCTION governance.signed64(p_unsigned text) RETURNS int8
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN p_unsigned::numeric >= 9223372036854775808::numeric
            THEN (p_unsigned::numeric - 18446744073709551616::numeric)::int8
            ELSE p_unsigned::numeric::int8 END;
COMMENT ON FUNCTION governance.signed64 IS 'A fixed64 of the feed as the signed number with the same 64 bits.';

CREATE FUNCTION governance.moment(p_us int8) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN timestamptz '1970-01-01 00:00:00+00' + p_us * interval '1 microsecond';
COMMENT ON FUNCTION governance.moment IS 'Microseconds since 1970-01-01T00:00:00Z as a time, exact.';

CREATE FUNCTION governance.wall_of(p_time jsonb) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN (p_time ->> 'wall_us')::int8 >= 1577836800000000 AND (p_time ->> 'wall_us')::int8 < 4102444800000000
            THEN governance.moment((p_time ->> 'wall_us')::int8) END;
COMMENT ON FUNCTION governance.wall_of IS 'Wall time of a Time of the feed; null: unknown, or outside 2020 to 2099, which no gateway with a clock says.';

CREATE FUNCTION governance.boot_of(p_time jsonb) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN coalesce(p_time ->> 'boot_id_high', '0') <> '0' OR coalesce(p_time ->> 'boot_id_low', '0') <> '0'
            THEN (lpad(to_hex(governance.signed64(coalesce(p_time ->> 'boot_id_high', '0'))), 16, '0') ||
                  lpad(to_hex(governance.signed64(coalesce(p_time ->> 'boot_id_low', '0'))), 16, '0'))::uuid END;
COMMENT ON FUNCTION governance.boot_of IS 'Boot id of a Time of the feed; null: none.';

CREATE FUNCTION governance.monotonic_of(p_time jsonb) RETURNS int8
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN p_time IS NOT NULL THEN coalesce((p_time ->> 'monotonic_us')::int8, 0) END;
COMMENT ON FUNCTION governance.monotonic_of IS 'Microseconds since boot of a Time of the feed; null: there is no Time.';

-- ---- places --------------------------------------------------------------------------------------------------------

CREATE FUNCTION governance.gcj02_of(p_longitude float8, p_latitude float8) RETURNS float8[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    a CONSTANT float8 := 6378245.0;                  -- Krasovsky 1940
    ee CONSTANT float8 := 0.00669342162296594323;
    x float8 := p_longitude - 105.0;
    y float8 := p_latitude - 35.0;
    shared float8;
    north float8;
    east float8;
    magic float8;
BEGIN
    IF p_longitude NOT BETWEEN 72.004 AND 137.8347 OR p_latitude NOT BETWEEN 0.8293 AND 55.8271 THEN
        RETURN ARRAY[p_longitude, p_latitude];       -- not shifted outside China
    END IF;
    shared := (20.0 * sin(6.0 * x * pi()) + 20.0 * sin(2.0 * x * pi())) * 2.0 / 3.0;
    north := -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + shared
        + (20.0 * sin(y * pi()) + 40.0 * sin(y / 3.0 * pi())) * 2.0 / 3.0
        + (160.0 * sin(y / 12.0 * pi()) + 320.0 * sin(y * pi() / 30.0)) * 2.0 / 3.0;
    east := 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + shared
        + (20.0 * sin(x * pi()) + 40.0 * sin(x / 3.0 * pi())) * 2.0 / 3.0
        + (150.0 * sin(x / 12.0 * pi()) + 300.0 * sin(x / 30.0 * pi())) * 2.0 / 3.0;
    magic := 1.0 - ee * sin(radians(p_latitude)) ^ 2;
    RETURN ARRAY[
        p_longitude + east * 180.0 / (a / sqrt(magic) * cos(radians(p_latitude)) * pi()),
        p_latitude + north * 180.0 / (a * (1.0 - ee) / (magic * sqrt(magic)) * pi())];
END $$;
COMMENT ON FUNCTION governance.gcj02_of IS 'Longitude and latitude of a WGS 84 position on Chinese web maps (GCJ-02), by the published formula.';

CREATE FUNCTION governance.wgs84_of(p_longitude float8, p_latitude float8, p_datum text) RETURNS float8[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    guess float8[] := ARRAY[p_longitude, p_latitude];
    back float8[];
BEGIN
    IF p_datum IN ('wgs84', 'cgcs2000') THEN
        RETURN guess;
    ELSIF p_datum <> 'gcj02' THEN
        RAISE EXCEPTION 'datum "%" is none of wgs84, cgcs2000, gcj02', p_datum;
    END IF;
    FOR i IN 1..8 LOOP  -- each round gains three digits; four are enough for a millimetre
        back := governance.gcj02_of(guess[1], guess[2]);
        guess := ARRAY[guess[1] + p_longitude - back[1], guess[2] + p_latitude - back[2]];
    END LOOP;
    RETURN guess;
END $$;
COMMENT ON FUNCTION governance.wgs84_of IS 'Longitude and latitude in WGS 84 of a position given as wgs84, cgcs2000 (the same within a decimetre) or gcj02.';

CREATE FUNCTION governance.location_of(p_location jsonb) RETURNS float8[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN (p_location ->> 'datum')::int4 BETWEEN 1 AND 3
             AND coalesce((p_location ->> 'longitude')::float8, 0) BETWEEN -180 AND 180
             AND coalesce((p_location ->> 'latitude')::float8, 0) BETWEEN -90 AND 90
            THEN governance.wgs84_of(coalesce((p_location ->> 'longitude')::float8, 0),
                                     coalesce((p_location ->> 'latitude')::float8, 0),
                                     (ARRAY['wgs84', 'cgcs2000', 'gcj02'])[(p_location ->> 'datum')::int4]) END;
COMMENT ON FUNCTION governance.location_of IS 'A Location of the feed in WGS 84; null: none, or without a datum.';

-- ---- ledger --------------------------------------------------------------------------------------------------------

CREATE FUNCTION governance.claim(p_gateways text[], p_epochs int8[], p_starts int8[], p_streams int2[], p_sequences int8[])
RETURNS boolean[]
LANGUAGE plpgsql AS $$
DECLARE
    fresh boolean[];
BEGIN
    INSERT INTO governance.ledger (gateway, epoch, stream, start, ranges)
    SELECT DISTINCT ON (gateway, epoch, stream) gateway, epoch, stream, start, '{}'
    FROM unnest(p_gateways, p_epochs, p_starts, p_streams) AS told (gateway, epoch, start, stream)
    ORDER BY gateway, epoch, stream
    ON CONFLICT DO NOTHING;

    -- In the order of the key, so that two instances wait for each other and never in a circle.
    PERFORM FROM governance.ledger
    WHERE (gateway, epoch, stream) IN (SELECT * FROM unnest(p_gateways, p_epochs, p_streams))
    ORDER BY gateway, epoch, stream
    FOR NO KEY UPDATE;

    SELECT array_agg(judged.is_fresh ORDER BY judged.i) INTO fresh
    FROM (SELECT told.i,
                 NOT known.ranges @> told.sequence
                     AND row_number() OVER (PARTITION BY told.gateway, told.epoch, told.stream, told.sequence
                                            ORDER BY told.i) = 1 AS is_fresh
          FROM unnest(p_gateways, p_epochs, p_streams, p_sequences) WITH ORDINALITY
                   AS told (gateway, epoch, stream, sequence, i)
          JOIN governance.ledger AS known USING (gateway, epoch, stream)) AS judged;

    UPDATE governance.ledger AS known
    SET ranges = known.ranges + told.ranges, changed_at = now()
    FROM (SELECT gateway, epoch, stream, range_agg(int8range(sequence, sequence, '[]')) AS ranges
          FROM unnest(p_gateways, p_epochs, p_streams, p_sequences) WITH ORDINALITY
                   AS told (gateway, epoch, stream, sequence, i)
          WHERE fresh[i]
          GROUP BY gateway, epoch, stream) AS told
    WHERE (known.gateway, known.epoch, known.stream) = (told.gateway, told.epoch, told.stream);
    RETURN fresh;
END $$;
COMMENT ON FUNCTION governance.claim IS 'Called first in the transaction that stores a batch of messages. Says of each whether it is new, and enters it; what was entered before, or comes twice in the call, is not new.';

CREATE FUNCTION governance.confirmed(p_gateway text) RETURNS TABLE (epoch int8, stream int2, first int8, last int8)
LANGUAGE sql STABLE AS $$
    SELECT known.epoch, known.stream, lower(held), upper(held) - 1
    FROM governance.ledger AS known, unnest(known.ranges) AS held
    WHERE known.gateway = p_gateway AND known.changed_at > now() - interval '40 days'
    ORDER BY known.start, known.epoch, known.stream, lower(held);
$$;
COMMENT ON FUNCTION governance.confirmed IS 'What to confirm to a gateway: ranges of sequences, both ends included, of all runs of the last 40 days.';

-- ---- gateways ------------------------------------------------------------------------------------------------------

CREATE FUNCTION governance.meet(p_gateway text) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO governance.gateway (gateway) VALUES (p_gateway) ON CONFLICT DO NOTHING;
$$;
COMMENT ON FUNCTION governance.meet IS 'Makes the row of a gateway that was never heard before.';

CREATE FUNCTION governance.heard(p_gateways text[]) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO governance.gateway (gateway)
    SELECT DISTINCT gateway FROM unnest(p_gateways) AS gateway ORDER BY gateway
    ON CONFLICT (gateway) DO UPDATE SET last_heard_at = greatest(governance.gateway.last_heard_at, now());
$$;
COMMENT ON FUNCTION governance.heard IS 'Notes that these gateways were just heard. In a transaction of its own, every few seconds.';

CREATE FUNCTION governance.put_state(p_gateway text, p_division text, p_community_code text, p_state jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    new_start int8 := coalesce((p_state ->> 'start')::int8, 0);
    new_monotonic int8 := coalesce(governance.monotonic_of(p_state -> 'at'), 0);
    now_online boolean := coalesce((p_state ->> 'online')::boolean, false);
BEGIN
    PERFORM governance.meet(p_gateway);
    UPDATE governance.gateway AS known SET
        division = p_division, community_code = p_community_code, last_heard_at = now(),
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
COMMENT ON FUNCTION governance.put_state IS 'A State of the feed: heartbeat, goodbye or last will.';

-- ---- alarms --------------------------------------------------------------------------------------------------------

CREATE FUNCTION governance.is_superseded(p_start int8, p_sequence int8, p_alarm text, p_birth_start int8, p_as_of int8,
                                         p_standing text[]) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce((p_start, p_sequence) <= (p_birth_start, p_as_of) AND (p_sequence > 0 OR p_start < p_birth_start)
                AND NOT p_alarm = ANY (p_standing), false);
COMMENT ON FUNCTION governance.is_superseded IS 'An alarm that is not over by its newest event, which is at or before the birth''s as-of, and that the birth does not list. A state without event (sequence 0) is judged by births of later starts alone.';

CREATE FUNCTION governance.store_alarm(p_gateway text, p_sequence int8, p_over boolean, p_alarm jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    born record;
    mounted jsonb := coalesce(p_alarm -> 'component', '{}');
    place jsonb := coalesce(p_alarm -> 'component' -> 'place', '{}');
    location float8[] := governance.location_of(p_alarm -> 'component' -> 'location');
    closed boolean;
    registered record;
BEGIN
    IF coalesce(p_alarm ->> 'id', '') = '' OR length(p_alarm ->> 'id') > 64 THEN
        RAISE EXCEPTION 'an alarm without a usable id: "%"', left(p_alarm ->> 'id', 80);
    END IF;
    IF coalesce(p_alarm ->> 'gateway', p_gateway) <> p_gateway THEN
        RAISE EXCEPTION 'alarm % of gateway "%" came under gateway "%"', p_alarm ->> 'id', p_alarm ->> 'gateway', p_gateway;
    END IF;
    PERFORM governance.meet(p_gateway);
    -- Whoever stores a birth of this gateway waits until this alarm is there, or has been seen here.
    SELECT birth_start, birth_as_of, birth_alarms INTO born
    FROM governance.gateway WHERE gateway = p_gateway FOR NO KEY UPDATE;
    closed := NOT p_over AND governance.is_superseded(coalesce((p_alarm ->> 'start')::int8, 0), p_sequence, p_alarm ->> 'id',
                                                      born.birth_start, born.birth_as_of, born.birth_alarms);
    SELECT grid, street INTO registered FROM governance.component WHERE code = p_alarm -> 'component' ->> 'code';
    INSERT INTO governance.alarm AS known (
        gateway, alarm, start, revision, sequence, device, point, rule, device_class, severity,
        active, acknowledged, latched, uncertain, removed, is_over, superseded,
        title_zh, title_en, text_zh, text_en, advice_zh, advice_en, hazard_zh, hazard_en,
        component, authority, owner, maintainer, longitude, latitude, told_grid, told_street,
        community_code, place, grid, street, raised_at, raised_boot, raised_monotonic_us, cleared_at, cleared_boot, cleared_monotonic_us,
        acknowledged_at, acknowledged_boot, acknowledged_monotonic_us, acknowledged_by, evidence, why, state)
    VALUES (
        p_gateway, p_alarm ->> 'id', coalesce((p_alarm ->> 'start')::int8, 0), coalesce((p_alarm ->> 'revision')::int8, 0),
        p_sequence, coalesce(p_alarm ->> 'device', ''), coalesce(p_alarm ->> 'point', ''), coalesce(p_alarm ->> 'rule', ''),
        coalesce(p_alarm ->> 'device_class', ''), coalesce((p_alarm ->> 'severity')::int2, 0::int2),
        coalesce((p_alarm ->> 'active')::boolean, false), coalesce((p_alarm ->> 'acknowledged')::boolean, false),
        coalesce((p_alarm ->> 'latched')::boolean, false), coalesce((p_alarm ->> 'uncertain')::boolean, false),
        coalesce((p_alarm ->> 'removed')::boolean, false), p_over OR closed, closed,
        coalesce(p_alarm -> 'title' ->> 'zh', ''), coalesce(p_alarm -> 'title' ->> 'en', ''),
        coalesce(p_alarm -> 'text' ->> 'zh', ''), coalesce(p_alarm -> 'text' ->> 'en', ''),
        coalesce(p_alarm -> 'advice' ->> 'zh', ''), coalesce(p_alarm -> 'advice' ->> 'en', ''),
        coalesce(p_alarm -> 'hazard' ->> 'zh', ''), coalesce(p_alarm -> 'hazard' ->> 'en', ''),
        coalesce(mounted ->> 'code', ''), coalesce(mounted -> 'authority', '{}'), coalesce(mounted -> 'owner', '{}'),
        coalesce(mounted -> 'maintainer', '{}'), location[1], location[2], coalesce(place ->> 'grid', ''),
        coalesce(place ->> 'street', ''), coalesce(place ->> 'community_code', ''), place,
        coalesce(nullif(registered.grid, ''), place ->> 'grid', ''),
        coalesce(nullif(registered.street, ''), place ->> 'street', ''),
        governance.wall_of(p_alarm -> 'raised'), governance.boot_of(p_alarm -> 'raised'),
        governance.monotonic_of(p_alarm -> 'raised'),
        governance.wall_of(p_alarm -> 'cleared'), governance.boot_of(p_alarm -> 'cleared'),
        governance.monotonic_of(p_alarm -> 'cleared'),
        governance.wall_of(p_alarm -> 'acknowledged_at'), governance.boot_of(p_alarm -> 'acknowledged_at'),
        governance.monotonic_of(p_alarm -> 'acknowledged_at'),
        p_alarm -> 'acknowledged_by', p_alarm -> 'evidence', coalesce(p_alarm ->> 'why', ''), p_alarm)
    ON CONFLICT (gateway, alarm) DO UPDATE SET
        start = excluded.start, revision = excluded.revision, sequence = excluded.sequence, device = excluded.device,
        point = excluded.point, rule = excluded.rule, device_class = excluded.device_class, severity = excluded.severity,
        active = excluded.active, acknowledged = excluded.acknowledged, latched = excluded.latched,
        uncertain = excluded.uncertain, removed = excluded.removed, is_over = excluded.is_over,
        superseded = excluded.superseded, title_zh = excluded.title_zh, title_en = excluded.title_en,
        text_zh = excluded.text_zh, text_en = excluded.text_en, advice_zh = excluded.advice_zh,
        advice_en = excluded.advice_en, hazard_zh = excluded.hazard_zh, hazard_en = excluded.hazard_en,
        component = excluded.component, authority = excluded.authority, owner = excluded.owner,
        maintainer = excluded.maintainer, longitude = excluded.longitude, latitude = excluded.latitude,
        told_grid = excluded.told_grid, told_street = excluded.told_street, community_code = excluded.community_code,
        place = excluded.place, grid = excluded.grid, street = excluded.street, raised_at = excluded.raised_at, raised_boot = excluded.raised_boot,
        raised_monotonic_us = excluded.raised_monotonic_us, cleared_at = excluded.cleared_at,
        cleared_boot = excluded.cleared_boot, cleared_monotonic_us = excluded.cleared_monotonic_us,
        acknowledged_at = excluded.acknowledged_at, acknowledged_boot = excluded.acknowledged_boot,
        acknowledged_monotonic_us = excluded.acknowledged_monotonic_us, acknowledged_by = excluded.acknowledged_by,
        evidence = excluded.evidence, why = excluded.why, state = excluded.state, received_at = now()
    WHERE (known.start, known.revision, known.sequence) < (excluded.start, excluded.revision, excluded.sequence);
END $$;
COMMENT ON FUNCTION governance.store_alarm IS 'Takes the state of an alarm over where it is newer than the one here, by (start, revision).';

CREATE FUNCTION governance.put_transition(p_gateway text, p_epoch int8, p_start int8, p_sequence int8, p_volatile boolean,
                                          p_written jsonb, p_transition jsonb) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM governance.store_alarm(p_gateway, p_sequence, coalesce((p_transition ->> 'over')::boolean, false),
                                   p_transition -> 'alarm');
    INSERT INTO governance.alarm_event (gateway, epoch, sequence, start, alarm, revision, kind, is_over, is_volatile,
                                        severity, at, boot, monotonic_us, actor, evidence)
    VALUES (p_gateway, p_epoch, p_sequence, p_start, p_transition -> 'alarm' ->> 'id',
            coalesce((p_transition -> 'alarm' ->> 'revision')::int8, 0), coalesce((p_transition ->> 'kind')::int2, 0::int2),
            coalesce((p_transition ->> 'over')::boolean, false), p_volatile,
            coalesce((p_transition -> 'alarm' ->> 'severity')::int2, 0::int2), governance.wall_of(p_written),
            governance.boot_of(p_written), governance.monotonic_of(p_written), coalesce(p_transition -> 'actor', '{}'),
            p_transition -> 'alarm' -> 'evidence')
    ON CONFLICT DO NOTHING;
END $$;
COMMENT ON FUNCTION governance.put_transition IS 'A record with a Transition: the event, and the state of its alarm.';

CREATE FUNCTION governance.put_alarm_state(p_gateway text, p_alarm jsonb) RETURNS void
LANGUAGE sql AS $$
    SELECT governance.store_alarm(p_gateway, 0, false, p_alarm);
$$;
COMMENT ON FUNCTION governance.put_alarm_state IS 'An alarm as its retained topic has it: for a database that was not there when its events came.';

CREATE FUNCTION governance.put_birth(p_gateway text, p_division text, p_community_code text, p_birth jsonb) RETURNS int4
LANGUAGE plpgsql AS $$
DECLARE
    born record;
    standing text[] := ARRAY(SELECT jsonb_array_elements_text(coalesce(p_birth -> 'standing_alarms', '[]')));
    new_start int8 := coalesce((p_birth ->> 'start')::int8, 0);
    new_as_of int8 := coalesce((p_birth ->> 'as_of_sequence')::int8, 0);
    closed int4;
BEGIN
    PERFORM governance.meet(p_gateway);
    UPDATE governance.gateway SET
        division = p_division, community_code = p_community_code, last_heard_at = now(),
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
COMMENT ON FUNCTION governance.put_birth IS 'A Birth of the feed; returns how many alarms it ended as superseded. Older births than the one known change nothing.';

-- ---- catalogues ----------------------------------------------------------------------------------------------------

CREATE FUNCTION governance.take_catalogue(p_gateway text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    hashes text[];  -- of all that are whole: the one in force, then the others, newest first
BEGIN
    SELECT array_agg(list.hash ORDER BY list.hash = gateway.catalogue_hash DESC, list.start DESC, list.sequence DESC, list.hash)
    INTO hashes
    FROM governance.catalogue AS list JOIN governance.gateway USING (gateway)
    WHERE list.gateway = p_gateway AND list.complete;
    UPDATE governance.gateway SET taken = hashes::text
    WHERE gateway = p_gateway AND hashes IS NOT NULL AND taken <> hashes::text;
    IF NOT FOUND THEN
        RETURN;  -- as the tables are
    END IF;

    INSERT INTO governance.device AS known (gateway, device, class, profile, bus, unit, component, authority, owner, maintainer,
                                            longitude, latitude, place, present)
    SELECT DISTINCT ON (told ->> 'name') p_gateway, told ->> 'name', coalesce(told ->> 'device_class', ''),
           coalesce(told ->> 'profile', ''), coalesce(told ->> 'bus', ''), (told ->> 'unit')::int4,
           coalesce(told -> 'component' ->> 'code', ''), coalesce(told -> 'component' -> 'authority' ->> 'id', ''),
           coalesce(told -> 'component' -> 'owner' ->> 'id', ''), coalesce(told -> 'component' -> 'maintainer' ->> 'id', ''),
           at[1], at[2], coalesce(told -> 'component' -> 'place', '{}'), part.hash = hashes[1]
    FROM governance.catalogue_part AS part, jsonb_array_elements(coalesce(part.content -> 'devices', '[]')) AS told,
         governance.location_of(told -> 'component' -> 'location') AS at
    WHERE part.gateway = p_gateway AND part.hash = ANY (hashes) AND coalesce(told ->> 'name', '') <> ''
    ORDER BY told ->> 'name', array_position(hashes, part.hash), part.part
    ON CONFLICT (gateway, device) DO UPDATE SET
        class = excluded.class, profile = excluded.profile, bus = excluded.bus, unit = excluded.unit,
        component = excluded.component, authority = excluded.authority, owner = excluded.owner,
        maintainer = excluded.maintainer, longitude = excluded.longitude, latitude = excluded.latitude,
        place = excluded.place, present = excluded.present;

    UPDATE governance.point AS known SET
        unit = told.unit, role = told.role, type = told.type, component = told.component, present = told.present,
        enumeration = told.enumeration, scale = told.scale
    FROM (SELECT DISTINCT ON (list.number) list.number, list.unit, list.role, list.type,
                 coalesce(nullif(list.component, ''), device.component, '') AS component, words.enumeration, scale.scale,
                 list.hash = hashes[1] AS present
          FROM governance.catalogue_point AS list
          JOIN governance.point AS named USING (gateway, number)
          LEFT JOIN governance.device AS device ON (device.gateway, device.device) = (named.gateway, named.device)
          LEFT JOIN governance.number_scale AS scale ON (scale.resolution, scale.base) = (list.resolution, list.base)
          LEFT JOIN (SELECT part.hash, (point ->> 'alias')::int4 AS alias, point -> 'enumeration' AS enumeration
                     FROM governance.catalogue_part AS part,
                          jsonb_array_elements(coalesce(part.content -> 'points', '[]')) AS point
                     WHERE part.gateway = p_gateway AND part.hash = ANY (hashes)) AS words USING (hash, alias)
          WHERE list.gateway = p_gateway AND list.hash = ANY (hashes)
          ORDER BY list.number, array_position(hashes, list.hash), list.alias) AS told
    WHERE known.gateway = p_gateway AND known.number = told.number;

    DELETE FROM governance.gateway_party WHERE gateway = p_gateway;
    INSERT INTO governance.gateway_party (gateway, id, code, name, phone_ref)
    SELECT DISTINCT ON (told ->> 'id') p_gateway, told ->> 'id', coalesce(told ->> 'code', ''), coalesce(told ->> 'name', ''),
           coalesce(told ->> 'phone_ref', '')
    FROM governance.catalogue_part AS part, jsonb_array_elements(coalesce(part.content -> 'parties', '[]')) AS told
    WHERE part.gateway = p_gateway AND part.hash = hashes[1] AND coalesce(told ->> 'id', '') <> ''
    ORDER BY told ->> 'id', part.part;
END $$;
COMMENT ON FUNCTION governance.take_catalogue IS 'Makes devices, points and parties of a gateway what its catalogue in force says: the one its birth names, else the newest that is whole. What is only in earlier ones stays, as not present.';

CREATE FUNCTION governance.expand_catalogue(p_gateway text, p_hash text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    CREATE TEMPORARY TABLE IF NOT EXISTS catalogue_told (
        alias int4, device text, point text, unit text, role text, type int2, resolution float8, base float8, component text
    ) ON COMMIT DELETE ROWS;
    DELETE FROM pg_temp.catalogue_told;
    INSERT INTO pg_temp.catalogue_told
    SELECT (told ->> 'alias')::int4, told ->> 'device', told ->> 'name', coalesce(told ->> 'unit', ''),
           coalesce(told ->> 'role', ''), coalesce((told ->> 'type')::int2, 0::int2),
           coalesce((told ->> 'resolution')::float8, 0), coalesce((told ->> 'offset')::float8, 0),
           coalesce(told -> 'component' ->> 'code', '')
    FROM governance.catalogue_part AS part, jsonb_array_elements(coalesce(part.content -> 'points', '[]')) AS told
    WHERE part.gateway = p_gateway AND part.hash = p_hash;
    IF EXISTS (SELECT FROM pg_temp.catalogue_told WHERE coalesce(device, '') = '' OR coalesce(point, '') = '') THEN
        RAISE EXCEPTION 'catalogue % of gateway % has a point without device or name', p_hash, p_gateway;
    END IF;

    WITH unknown AS (
        SELECT device, point, min(alias) AS alias FROM pg_temp.catalogue_told AS told
        WHERE NOT EXISTS (SELECT FROM governance.point AS known
                          WHERE (known.gateway, known.device, known.point) = (p_gateway, told.device, told.point))
        GROUP BY device, point
    ), given AS (
        INSERT INTO governance.point (gateway, number, device, point, present)
        SELECT p_gateway, gateway.last_number + row_number() OVER (ORDER BY unknown.alias), unknown.device, unknown.point, false
        FROM unknown, governance.gateway WHERE gateway.gateway = p_gateway
        RETURNING number
    )
    UPDATE governance.gateway SET last_number = (SELECT max(number) FROM given)
    WHERE gateway = p_gateway AND EXISTS (SELECT FROM given);

    IF EXISTS (SELECT FROM pg_temp.catalogue_told AS told
               WHERE abs(told.resolution) BETWEEN 1e-9 AND 1e9 AND abs(told.base) <= 1e15 AND NOT EXISTS (
                   SELECT FROM governance.number_scale AS known
                   WHERE (known.resolution, known.base) = (told.resolution, told.base))) THEN
        LOCK TABLE governance.number_scale IN SHARE ROW EXCLUSIVE MODE;
        INSERT INTO governance.number_scale (scale, resolution, base)
        SELECT last.scale + row_number() OVER (ORDER BY resolution, base), resolution, base
        FROM (SELECT DISTINCT resolution, base FROM pg_temp.catalogue_told
              WHERE abs(resolution) BETWEEN 1e-9 AND 1e9 AND abs(base) <= 1e15
              EXCEPT SELECT resolution, base FROM governance.number_scale
              LIMIT (SELECT 32767 - count(*) FROM governance.number_scale)) AS fresh,
             (SELECT coalesce(max(scale), 0) AS scale FROM governance.number_scale) AS last;
    END IF;

    INSERT INTO governance.catalogue_point (gateway, hash, alias, number, type, resolution, base, unit, role, component)
    SELECT p_gateway, p_hash, told.alias, known.number, told.type, told.resolution, told.base, told.unit, told.role,
           told.component
    FROM pg_temp.catalogue_told AS told
    JOIN governance.point AS known ON (known.gateway, known.device, known.point) = (p_gateway, told.device, told.point);
END $$;
COMMENT ON FUNCTION governance.expand_catalogue IS 'Gives every point of a whole catalogue its number and says what its aliases mean.';

CREATE FUNCTION governance.put_catalogue_part(p_gateway text, p_start int8, p_sequence int8, p_change jsonb) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    told_hash text := coalesce(p_change ->> 'hash', '');
    told_part int4 := coalesce((p_change ->> 'part')::int4, 0);
    told_parts int4 := coalesce((p_change ->> 'parts')::int4, 0);
    list governance.catalogue;
BEGIN
    IF told_hash = '' OR told_part < 0 OR told_part >= told_parts THEN
        RAISE EXCEPTION 'part % of % of catalogue "%": not a part', told_part, told_parts, left(told_hash, 80);
    END IF;
    PERFORM governance.meet(p_gateway);
    PERFORM FROM governance.gateway WHERE gateway = p_gateway FOR NO KEY UPDATE;  -- it counts the points
    INSERT INTO governance.catalogue AS known (gateway, hash, parts, start, sequence)
    VALUES (p_gateway, told_hash, told_parts, p_start, p_sequence)
    ON CONFLICT (gateway, hash) DO UPDATE SET start = excluded.start, sequence = excluded.sequence
    WHERE (known.start, known.sequence) < (excluded.start, excluded.sequence);
    SELECT * INTO list FROM governance.catalogue WHERE gateway = p_gateway AND hash = told_hash;
    IF list.parts <> told_parts THEN
        RAISE EXCEPTION 'catalogue % of gateway % has % parts and now says %', told_hash, p_gateway, list.parts, told_parts;
    END IF;
    IF NOT list.complete THEN
        INSERT INTO governance.catalogue_part (gateway, hash, part, content)
        VALUES (p_gateway, told_hash, told_part, p_change) ON CONFLICT DO NOTHING;
        IF (SELECT count(*) FROM governance.catalogue_part WHERE gateway = p_gateway AND hash = told_hash) < told_parts THEN
            RETURN false;
        END IF;
        PERFORM governance.expand_catalogue(p_gateway, told_hash);
        UPDATE governance.catalogue SET complete = true WHERE gateway = p_gateway AND hash = told_hash;
    END IF;
    PERFORM governance.take_catalogue(p_gateway);
    RETURN true;
END $$;
COMMENT ON FUNCTION governance.put_catalogue_part IS 'A CatalogueChange of the feed: from a record (its start and sequence) or from the retained topic (0, 0). True when the catalogue is whole and can be used.';

CREATE FUNCTION governance.catalogue_points(p_gateway text, p_hash text)
RETURNS TABLE (alias int4, number int4, type int2, resolution float8, "offset" float8)
LANGUAGE sql STABLE AS $$
    SELECT list.alias, list.number, list.type, list.resolution, list.base
    FROM governance.catalogue_point AS list
    WHERE list.gateway = p_gateway AND list.hash = p_hash
    ORDER BY list.alias;
$$;
COMMENT ON FUNCTION governance.catalogue_points IS 'What the aliases of a catalogue mean; no row: it is not whole yet.';

-- ---- the rest of the event stream ----------------------------------------------------------------------------------

CREATE FUNCTION governance.put_clock_fix(p_gateway text, p_boot uuid, p_version int8, p_wall_of_zero_us int8,
                                         p_uncertainty_us int8, p_epoch int8, p_sequence int8) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF p_wall_of_zero_us NOT BETWEEN 1420070400000000 AND 4102444799999999 THEN  -- a boot may have lasted years
        RAISE EXCEPTION 'a boot that began at % microseconds since 1970', p_wall_of_zero_us;
    END IF;
    INSERT INTO governance.clock_fix AS known (gateway, boot, version, wall_of_zero_us, uncertainty_us, epoch, sequence)
    VALUES (p_gateway, p_boot, p_version, p_wall_of_zero_us, p_uncertainty_us, p_epoch, p_sequence)
    ON CONFLICT (gateway, boot, version) DO UPDATE SET wall_of_zero_us = excluded.wall_of_zero_us,
        uncertainty_us = excluded.uncertainty_us, epoch = excluded.epoch, sequence = excluded.sequence
    WHERE (known.epoch, known.sequence) < (excluded.epoch, excluded.sequence);
END $$;
COMMENT ON FUNCTION governance.put_clock_fix IS 'The wall time of a boot''s monotonic zero. Two statements of one version: the one of the higher identity stays, whatever came first.';

CREATE FUNCTION governance.put_audit(p_gateway text, p_epoch int8, p_sequence int8, p_written jsonb, p_audit jsonb) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO governance.audit (gateway, epoch, sequence, at, boot, monotonic_us, what, actor, text_zh, text_en)
    VALUES (p_gateway, p_epoch, p_sequence, governance.wall_of(p_written), governance.boot_of(p_written),
            governance.monotonic_of(p_written), coalesce(p_audit ->> 'what', ''), coalesce(p_audit -> 'actor', '{}'),
            coalesce(p_audit -> 'text' ->> 'zh', ''), coalesce(p_audit -> 'text' ->> 'en', ''))
    ON CONFLICT DO NOTHING;
$$;
COMMENT ON FUNCTION governance.put_audit IS 'A record with an Audit of the feed.';

CREATE FUNCTION governance.put_abandoned(p_gateway text, p_epoch int8, p_sequence int8, p_written jsonb, p_abandoned jsonb)
RETURNS void
LANGUAGE sql AS $$
    INSERT INTO governance.abandoned (gateway, epoch, sequence, of_epoch, of_stream, first, last, reason, at)
    VALUES (p_gateway, p_epoch, p_sequence, governance.signed64(coalesce(p_abandoned ->> 'epoch', '0')),
            coalesce((p_abandoned ->> 'stream')::int2, 0::int2), coalesce((p_abandoned ->> 'first')::int8, 0),
            coalesce((p_abandoned ->> 'last')::int8, 0), coalesce(p_abandoned ->> 'reason', ''), governance.wall_of(p_written))
    ON CONFLICT DO NOTHING;
$$;
COMMENT ON FUNCTION governance.put_abandoned IS 'A record with an Abandoned of the feed.';
