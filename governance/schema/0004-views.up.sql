-- What people ask. docs/governance.md shows each with an example; every view and function has a comment as well.

-- ---- words ---------------------------------------------------------------------------------------------------------

CREATE FUNCTION governance.severity_word(p_severity int2) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce((ARRAY['critical', 'major', 'moderate', 'minor'])[p_severity], 'unspecified');
COMMENT ON FUNCTION governance.severity_word IS 'Severity in a word.';

CREATE FUNCTION governance.transition_word(p_kind int2) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce((ARRAY['raised', 'cleared', 'acknowledged', 'reset', 'severity-changed', 'uncertain', 'certain', 'removed'])[p_kind],
                'kind ' || p_kind);
COMMENT ON FUNCTION governance.transition_word IS 'Kind of a transition in a word; one that is newer than this schema by its number.';

CREATE FUNCTION governance.quality_word(p_quality int2) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce((ARRAY['good', 'uncertain', 'bad'])[p_quality / 256], 'unspecified');
COMMENT ON FUNCTION governance.quality_word IS 'Quality of a sample in a word, from quality * 256 + reason.';

CREATE FUNCTION governance.reason_word(p_quality int2) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN p_quality % 256 = 0 THEN ''
            ELSE coalesce((ARRAY['timeout', 'crc', 'exception', 'line', 'out-of-range', 'sentinel', 'not-protecting',
                                 'stale-at-device', 'not-good-when', 'not-a-number', 'jump', 'clock-unknown',
                                 'backed-off'])[p_quality % 256], 'reason ' || p_quality % 256) END;
COMMENT ON FUNCTION governance.reason_word IS 'Why a sample is not good, in a word; empty: it is.';

CREATE FUNCTION governance.place_time(p_at timestamptz, p_gateway text, p_boot uuid, p_monotonic_us int8) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(p_at, (SELECT governance.moment(fix.wall_of_zero_us + p_monotonic_us) FROM governance.clock_fix AS fix
                           WHERE fix.gateway = p_gateway AND fix.boot = p_boot ORDER BY fix.version DESC LIMIT 1));
$$;
COMMENT ON FUNCTION governance.place_time IS 'A time by the gateway''s clock, else by the newest clock fix of the boot; null: still unknown.';

-- ---- samples -------------------------------------------------------------------------------------------------------

CREATE VIEW governance.sample AS
    SELECT recent.gateway, recent.block * 32768 + told.point AS number, recent.hour,
           recent.hour + (told.at + 1800000000::int8) * interval '1 microsecond' AS at, told.value, recent.quality
    FROM governance.sample_recent AS recent,
         unnest(recent.offsets, recent.points, recent."values") AS told (at, point, value)
UNION ALL
    SELECT compact.gateway, compact.number, compact.hour,
           compact.hour + (told.at + 1800000000::int8) * interval '1 microsecond',
           coalesce(coalesce(told.small, told.step) * scale.resolution + scale.base, told.single, told.exact),
           coalesce(told.quality, 256::int2)
    FROM governance.sample_hour AS compact LEFT JOIN governance.number_scale AS scale USING (scale),
         unnest(compact.offsets, compact.small, compact.steps, compact.singles, compact.exacts, compact.qualities)
             AS told (at, small, step, single, exact, quality)
UNION ALL
    SELECT clockless.gateway, clockless.block * 32768 + told.point, date_trunc('hour', placed.at, 'UTC'), placed.at,
           told.value, clockless.quality
    FROM governance.sample_clockless AS clockless
    CROSS JOIN LATERAL (SELECT wall_of_zero_us FROM governance.clock_fix
                        WHERE (clock_fix.gateway, clock_fix.boot) = (clockless.gateway, clockless.boot)
                        ORDER BY version DESC LIMIT 1) AS fix
    CROSS JOIN LATERAL unnest(clockless.offsets, clockless.points, clockless."values") AS told (at, point, value)
    CROSS JOIN LATERAL (SELECT governance.moment(fix.wall_of_zero_us + clockless.monotonic_us + told.at) AS at) AS placed;
COMMENT ON VIEW governance.sample IS 'Every sample whose time is known, recent and compacted alike, one a row. Give gateway, number (governance.point_number) and hour; at alone does not bound what is read.';
COMMENT ON COLUMN governance.sample.gateway IS 'Whose.';
COMMENT ON COLUMN governance.sample.number IS 'Which point of the gateway.';
COMMENT ON COLUMN governance.sample.hour IS 'The full hour (UTC) of at: partitions and indexes go by it.';
COMMENT ON COLUMN governance.sample.at IS 'When it was taken.';
COMMENT ON COLUMN governance.sample.value IS 'In the point''s unit; null: none.';
COMMENT ON COLUMN governance.sample.quality IS 'quality * 256 + reason; 256 is good. quality_word and reason_word say it.';

CREATE VIEW governance.sample_unplaced AS
    SELECT clockless.gateway, clockless.block * 32768 + told.point AS number, clockless.boot,
           clockless.monotonic_us + told.at AS monotonic_us, told.value, clockless.quality, clockless.received_at
    FROM governance.sample_clockless AS clockless,
         unnest(clockless.offsets, clockless.points, clockless."values") AS told (at, point, value)
    WHERE NOT EXISTS (SELECT FROM governance.clock_fix
                      WHERE (clock_fix.gateway, clock_fix.boot) = (clockless.gateway, clockless.boot));
COMMENT ON VIEW governance.sample_unplaced IS 'Samples whose time is not known: their gateway had no clock and has not said since when that boot was. They move to governance.sample when it does.';
COMMENT ON COLUMN governance.sample_unplaced.gateway IS 'Whose.';
COMMENT ON COLUMN governance.sample_unplaced.number IS 'Which point of the gateway.';
COMMENT ON COLUMN governance.sample_unplaced.boot IS 'Kernel boot id.';
COMMENT ON COLUMN governance.sample_unplaced.monotonic_us IS 'Microseconds since that boot.';
COMMENT ON COLUMN governance.sample_unplaced.value IS 'In the point''s unit; null: none.';
COMMENT ON COLUMN governance.sample_unplaced.quality IS 'quality * 256 + reason.';
COMMENT ON COLUMN governance.sample_unplaced.received_at IS 'When the database got it.';

CREATE FUNCTION governance.point_number(p_gateway text, p_device text, p_point text) RETURNS int4
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT number FROM governance.point WHERE (gateway, device, point) = (p_gateway, p_device, p_point);
$$;
COMMENT ON FUNCTION governance.point_number IS 'Number of a point by its names; null: no such point.';

CREATE FUNCTION governance.samples(p_gateway text, p_device text, p_point text, p_from timestamptz, p_to timestamptz)
RETURNS TABLE (at timestamptz, value float8, quality text, reason text)
LANGUAGE plpgsql STABLE ROWS 10000 AS $$
DECLARE
    wanted int4 := governance.point_number(p_gateway, p_device, p_point);
    first timestamptz := date_trunc('hour', p_from, 'UTC');
BEGIN
    IF wanted IS NULL THEN
        RAISE EXCEPTION 'gateway "%" has no point "%" of a device "%"', p_gateway, p_point, p_device;
    END IF;
    -- As the view, but rows of arrays in which the point does not occur are passed over whole.
    RETURN QUERY
    SELECT found.at, found.value, governance.quality_word(found.quality), governance.reason_word(found.quality)
    FROM (SELECT recent.hour + (told.at + 1800000000::int8) * interval '1 microsecond' AS at, told.value, recent.quality
          FROM governance.sample_recent AS recent,
               unnest(recent.offsets, recent.points, recent."values") AS told (at, point, value)
          WHERE recent.gateway = p_gateway AND recent.hour >= first AND recent.hour < p_to AND recent.block = wanted / 32768
            AND (wanted % 32768)::int2 = ANY (recent.points) AND told.point = wanted % 32768
          UNION ALL
          SELECT compact.hour + (told.at + 1800000000::int8) * interval '1 microsecond',
                 coalesce(coalesce(told.small, told.step) * scale.resolution + scale.base, told.single, told.exact),
                 coalesce(told.quality, 256::int2)
          FROM governance.sample_hour AS compact LEFT JOIN governance.number_scale AS scale USING (scale),
               unnest(compact.offsets, compact.small, compact.steps, compact.singles, compact.exacts, compact.qualities)
                   AS told (at, small, step, single, exact, quality)
          WHERE compact.gateway = p_gateway AND compact.number = wanted AND compact.hour >= first AND compact.hour < p_to
          UNION ALL
          SELECT placed.at, told.value, clockless.quality
          FROM governance.sample_clockless AS clockless,
               unnest(clockless.offsets, clockless.points, clockless."values") AS told (at, point, value),
               LATERAL governance.place_time(NULL, p_gateway, clockless.boot, clockless.monotonic_us + told.at) AS placed (at)
          WHERE clockless.gateway = p_gateway AND clockless.block = wanted / 32768
            AND (wanted % 32768)::int2 = ANY (clockless.points) AND told.point = wanted % 32768) AS found
    WHERE found.at >= p_from AND found.at < p_to
    ORDER BY found.at;
END $$;
COMMENT ON FUNCTION governance.samples IS 'All samples of a point from one time until before another, in order.';

CREATE FUNCTION governance.samples_by(p_gateway text, p_device text, p_point text, p_from timestamptz, p_to timestamptz,
                                      p_step interval)
RETURNS TABLE (at timestamptz, lowest float8, mean float8, highest float8, last float8, samples int8, good int8)
LANGUAGE sql STABLE ROWS 1000 AS $$
    SELECT date_bin(p_step, told.at, timestamptz '2000-01-01 00:00:00+00'),
           min(told.value) FILTER (WHERE told.quality = 'good'), avg(told.value) FILTER (WHERE told.quality = 'good'),
           max(told.value) FILTER (WHERE told.quality = 'good'),
           (array_agg(told.value ORDER BY told.at DESC) FILTER (WHERE told.quality = 'good'))[1],
           count(*), count(*) FILTER (WHERE told.quality = 'good')
    FROM governance.samples(p_gateway, p_device, p_point, p_from, p_to) AS told
    GROUP BY 1 ORDER BY 1;
$$;
COMMENT ON FUNCTION governance.samples_by IS 'Samples of a point by steps of a minute, an hour or any other length: lowest, mean, highest and last good value, and how many there were. Reported by exception, so the mean is over samples and not over time.';

CREATE FUNCTION governance.last_sample(p_gateway text, p_number int4)
RETURNS TABLE (at timestamptz, value float8, quality int2)
LANGUAGE plpgsql STABLE ROWS 1 AS $$
BEGIN
    -- Looks where it most likely is: every point reports at least every few minutes.
    RETURN QUERY
    SELECT found.at, found.value, found.quality FROM (
        SELECT recent.hour + (told.at + 1800000000::int8) * interval '1 microsecond' AS at, told.value, recent.quality
        FROM governance.sample_recent AS recent,
             unnest(recent.offsets, recent.points, recent."values") AS told (at, point, value)
        WHERE recent.gateway = p_gateway AND recent.hour >= date_trunc('hour', now() - interval '1 hour', 'UTC')
          AND recent.block = p_number / 32768 AND (p_number % 32768)::int2 = ANY (recent.points)
          AND told.point = p_number % 32768) AS found
    ORDER BY found.at DESC LIMIT 1;
    IF FOUND THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT sample.at, sample.value, sample.quality FROM governance.sample
    WHERE sample.gateway = p_gateway AND sample.number = p_number
      AND sample.hour >= (SELECT max(newest.hour) FROM (
            SELECT max(hour) FROM governance.sample_hour WHERE gateway = p_gateway AND number = p_number
            UNION ALL
            SELECT max(hour) FROM governance.sample_recent
            WHERE gateway = p_gateway AND block = p_number / 32768 AND (p_number % 32768)::int2 = ANY (points)
            UNION ALL
            SELECT min(date_trunc('hour', governance.place_time(NULL, gateway, boot, monotonic_us), 'UTC'))
            FROM governance.sample_clockless
            WHERE gateway = p_gateway AND block = p_number / 32768 AND (p_number % 32768)::int2 = ANY (points)
                AND NOT EXISTS (SELECT FROM governance.sample_hour WHERE gateway = p_gateway AND number = p_number)
          ) AS newest (hour))
    ORDER BY sample.at DESC LIMIT 1;
END $$;
COMMENT ON FUNCTION governance.last_sample IS 'The newest sample of a point.';

CREATE FUNCTION governance.component_now(p_component text)
RETURNS TABLE (gateway text, device text, point text, role text, unit text, at timestamptz, value float8, word text, quality text,
               reason text)
LANGUAGE sql STABLE ROWS 20 AS $$
    SELECT point.gateway, point.device, point.point, point.role, point.unit, coalesce(last.at, spoken.at), last.value,
           coalesce(point.enumeration ->> last.value::int8::text, spoken.value, ''),
           governance.quality_word(coalesce(last.quality, spoken.quality, 0::int2)),
           governance.reason_word(coalesce(last.quality, spoken.quality, 0::int2))
    FROM governance.point
    LEFT JOIN LATERAL governance.last_sample(point.gateway, point.number) AS last ON point.type <> 3
    LEFT JOIN LATERAL (SELECT text.at, text.value, text.quality FROM governance.sample_text AS text
                       WHERE (text.gateway, text.number) = (point.gateway, point.number)
                       ORDER BY text.at DESC NULLS LAST LIMIT 1) AS spoken ON point.type = 3
    WHERE point.component = p_component AND p_component <> '' AND point.present
    ORDER BY 1, 2, 3;
$$;
COMMENT ON FUNCTION governance.component_now IS 'Last value and quality of every point mounted on a component; word: the point''s own word for the value, or its text.';

CREATE VIEW governance.point_history AS
    SELECT list.gateway, point.device, point.point, list.number, list.hash, catalogue.start, catalogue.sequence,
           catalogue.first_heard_at AS since, list.alias, list.type, list.unit, list.role, list.resolution, list.base,
           list.component
    FROM governance.catalogue_point AS list
    JOIN governance.point USING (gateway, number)
    JOIN governance.catalogue USING (gateway, hash);
COMMENT ON VIEW governance.point_history IS 'What each point was under each catalogue of its gateway.';
COMMENT ON COLUMN governance.point_history.since IS 'When the database first heard of that catalogue.';

-- ---- what is wrong now ---------------------------------------------------------------------------------------------

CREATE VIEW governance.alarm_now AS
    SELECT governance.severity_word(alarm.severity) AS severity, alarm.active, alarm.acknowledged, alarm.latched, alarm.uncertain,
           alarm.title_zh, alarm.title_en, alarm.text_zh, alarm.text_en, alarm.advice_zh, alarm.advice_en,
           governance.place_time(alarm.raised_at, alarm.gateway, alarm.raised_boot, alarm.raised_monotonic_us) AS raised_at,
           alarm.component, coalesce(class.zh, '') AS class_zh, coalesce(class.en, '') AS class_en,
           substr(alarm.component, 7, 4) AS class, alarm.grid, alarm.street,
           coalesce(nullif(component.community, ''), alarm.place ->> 'community', '') AS community,
           coalesce(nullif(component.estate, ''), alarm.place ->> 'estate', '') AS estate,
           coalesce(nullif(component.area, ''), alarm.place ->> 'area', '') AS area,
           coalesce(nullif(component.door, ''), alarm.place ->> 'door', '') AS door,
           coalesce(nullif(component.landmark, ''), alarm.place ->> 'landmark', '') AS landmark,
           coalesce(nullif(component.access, ''), alarm.place ->> 'access', '') AS access,
           coalesce(component.longitude, alarm.longitude) AS longitude, coalesce(component.latitude, alarm.latitude) AS latitude,
           coalesce(authority.name, alarm.authority ->> 'name', alarm.authority ->> 'id', '') AS authority,
           coalesce(owner.name, alarm.owner ->> 'name', alarm.owner ->> 'id', '') AS owner,
           coalesce(maintainer.name, alarm.maintainer ->> 'name', alarm.maintainer ->> 'id', '') AS maintainer,
           coalesce(maintainer.phone_ref, alarm.maintainer ->> 'phone_ref', '') AS maintainer_phone_ref,
           coalesce(component.maintainer, alarm.maintainer ->> 'id', '') AS maintainer_id,
           component.code IS NOT NULL AS registered,
           coalesce(called.told, 0) AS told, called.told_last, called.seen, called.taken_by,
           alarm.gateway, alarm.device, alarm.point, alarm.rule, alarm.alarm, alarm.revision, alarm.evidence
    FROM governance.alarm
    LEFT JOIN governance.component ON component.code = alarm.component
    LEFT JOIN governance.component_class AS class ON class.code = substr(alarm.component, 7, 4)
    LEFT JOIN governance.party AS authority ON authority.id = coalesce(component.authority, alarm.authority ->> 'id')
    LEFT JOIN governance.party AS owner ON owner.id = coalesce(component.owner, alarm.owner ->> 'id')
    LEFT JOIN governance.party AS maintainer ON maintainer.id = coalesce(component.maintainer, alarm.maintainer ->> 'id')
    LEFT JOIN LATERAL (
        SELECT count(*) AS told, max(told_at) AS told_last, count(seen_at) AS seen,
               string_agg(person, ', ' ORDER BY number) FILTER (WHERE acknowledged_at IS NOT NULL) AS taken_by
        FROM governance.dispatch WHERE (dispatch.gateway, dispatch.alarm) = (alarm.gateway, alarm.alarm)) AS called ON true
    WHERE NOT alarm.is_over;
COMMENT ON VIEW governance.alarm_now IS 'Every alarm that is not over: what, where, on which component, whose it is and who has been told. Where the registry has the component, it wins. By grid, street, class, component or gateway it is fast.';
COMMENT ON COLUMN governance.alarm_now.severity IS 'critical, major, moderate, minor.';
COMMENT ON COLUMN governance.alarm_now.raised_at IS 'When; null: the gateway did not know the time and has not said since.';
COMMENT ON COLUMN governance.alarm_now.class IS 'Digits 7 to 10 of the component code.';
COMMENT ON COLUMN governance.alarm_now.registered IS 'The registry has the component; false: place and parties are the gateway''s own words.';
COMMENT ON COLUMN governance.alarm_now.maintainer_phone_ref IS 'Reference that the platform resolves.';
COMMENT ON COLUMN governance.alarm_now.told IS 'How many people have been told.';
COMMENT ON COLUMN governance.alarm_now.told_last IS 'When the last of them was.';
COMMENT ON COLUMN governance.alarm_now.seen IS 'How many of them have opened it.';
COMMENT ON COLUMN governance.alarm_now.taken_by IS 'Who has taken it on.';

CREATE FUNCTION governance.near(p_longitude float8, p_latitude float8, p_metres float8)
RETURNS TABLE (component text, metres float8)
LANGUAGE plpgsql STABLE ROWS 100 AS $$
DECLARE
    postgis text := (SELECT nspname FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace
                     WHERE extname = 'postgis');
    degrees float8 := p_metres / 111000.0;
BEGIN
    IF postgis IS NOT NULL THEN
        RETURN QUERY EXECUTE format(
            'SELECT code, round(%1$I.st_distance(there, here)::numeric, 2)::float8 FROM ('
            '  SELECT code, %1$I.st_setsrid(%1$I.st_makepoint(longitude, latitude), 4326)::%1$I.geography AS there,'
            '         %1$I.st_setsrid(%1$I.st_makepoint($1, $2), 4326)::%1$I.geography AS here'
            '  FROM governance.component WHERE longitude IS NOT NULL) AS placed '
            'WHERE %1$I.st_dwithin(there, here, $3) ORDER BY 2, 1', postgis) USING p_longitude, p_latitude, p_metres;
        RETURN;
    END IF;
    RETURN QUERY
    SELECT placed.code, round(placed.away::numeric, 2)::float8
    FROM (SELECT code, 12742017.6 * asin(least(1, sqrt(sin(radians(latitude - p_latitude) / 2) ^ 2
                 + cos(radians(latitude)) * cos(radians(p_latitude)) * sin(radians(longitude - p_longitude) / 2) ^ 2))) AS away
          FROM governance.component
          WHERE latitude BETWEEN p_latitude - degrees AND p_latitude + degrees
            AND longitude BETWEEN p_longitude - degrees / cos(radians(p_latitude))
                              AND p_longitude + degrees / cos(radians(p_latitude))) AS placed
    WHERE placed.away <= p_metres ORDER BY 2, 1;
END $$;
COMMENT ON FUNCTION governance.near IS 'Components within so many metres of a WGS 84 position, nearest first: by PostGIS where the database has that extension, else on a sphere (at most 0.6 % off).';

CREATE INDEX component_position ON governance.component (latitude, longitude) WHERE longitude IS NOT NULL;

CREATE FUNCTION governance.use_postgis() RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    postgis text := (SELECT nspname FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace
                     WHERE extname = 'postgis');
BEGIN
    IF postgis IS NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE INDEX IF NOT EXISTS component_geography ON governance.component USING gist '
                   '((%1$I.st_setsrid(%1$I.st_makepoint(longitude, latitude), 4326)::%1$I.geography)) '
                   'WHERE longitude IS NOT NULL', postgis);
    RETURN true;
END $$;
COMMENT ON FUNCTION governance.use_postgis IS 'Makes the spatial index of the registry where the database has PostGIS; `gengfu-ingest migrate` calls it each time.';

-- ---- what was wrong ------------------------------------------------------------------------------------------------

CREATE VIEW governance.alarm_history AS
    SELECT event.gateway, event.alarm,
           governance.place_time(event.at, event.gateway, event.boot, event.monotonic_us) AS at,
           governance.transition_word(event.kind) AS what, governance.severity_word(event.severity) AS severity,
           event.is_over, event.is_volatile, coalesce(event.actor ->> 'name', '') AS who,
           coalesce(event.actor ->> 'on_behalf_of', '') AS on_behalf_of, coalesce(event.actor ->> 'reason', '') AS why,
           alarm.title_zh, alarm.title_en, alarm.device, alarm.point, alarm.rule, alarm.component, alarm.grid,
           event.start, event.revision, event.evidence, event.received_at
    FROM governance.alarm_event AS event
    LEFT JOIN governance.alarm USING (gateway, alarm);
COMMENT ON VIEW governance.alarm_history IS 'Every transition of every alarm. ORDER BY start, revision within one alarm.';
COMMENT ON COLUMN governance.alarm_history.what IS 'raised, cleared, acknowledged, reset, severity-changed, uncertain, certain, removed.';
COMMENT ON COLUMN governance.alarm_history.who IS 'Who caused it.';

CREATE VIEW governance.alarm_response AS
    SELECT raise.gateway, raise.alarm, raise.at AS raised_at, raise.severity, alarm.component, alarm.grid, alarm.community_code,
           coalesce(component.maintainer, alarm.maintainer ->> 'id', '') AS maintainer,
           answer.acknowledged_at, answer.acknowledged_at - raise.at AS until_acknowledged,
           answer.cleared_at, answer.cleared_at - raise.at AS until_cleared,
           called.told_at, called.handled_at, called.handled_at - raise.at AS until_handled
    FROM (SELECT gateway, alarm, start, revision, severity,
                 governance.place_time(at, gateway, boot, monotonic_us) AS at,
                 lead(start) OVER raises AS next_start, lead(revision) OVER raises AS next_revision
          FROM governance.alarm_event WHERE kind = 1
          WINDOW raises AS (PARTITION BY gateway, alarm ORDER BY start, revision)) AS raise
    JOIN governance.alarm USING (gateway, alarm)
    LEFT JOIN governance.component ON component.code = alarm.component
    LEFT JOIN LATERAL (
        SELECT min(governance.place_time(event.at, event.gateway, event.boot, event.monotonic_us)) FILTER (WHERE event.kind = 3)
                   AS acknowledged_at,
               min(governance.place_time(event.at, event.gateway, event.boot, event.monotonic_us)) FILTER (WHERE event.kind = 2)
                   AS cleared_at
        FROM governance.alarm_event AS event
        WHERE (event.gateway, event.alarm) = (raise.gateway, raise.alarm)
          AND (event.start, event.revision) > (raise.start, raise.revision)
          AND (raise.next_start IS NULL OR (event.start, event.revision) < (raise.next_start, raise.next_revision))
    ) AS answer ON true
    LEFT JOIN LATERAL (
        SELECT min(told_at) AS told_at, min(handled_at) AS handled_at FROM governance.dispatch
        WHERE (dispatch.gateway, dispatch.alarm) = (raise.gateway, raise.alarm) AND told_at >= raise.at
    ) AS called ON true;
COMMENT ON VIEW governance.alarm_response IS 'Every raise of an alarm, and how long it took until somebody took note, until the condition was gone, until it was handled.';
COMMENT ON COLUMN governance.alarm_response.maintainer IS 'Party id of the maintenance unit; the registry''s where it has the component.';
COMMENT ON COLUMN governance.alarm_response.until_acknowledged IS 'From the raise to its first acknowledgement; null: not yet.';
COMMENT ON COLUMN governance.alarm_response.until_cleared IS 'From the raise until its condition was gone; null: it still holds.';
COMMENT ON COLUMN governance.alarm_response.until_handled IS 'From the raise until the work was done, as dispatch has it.';

CREATE FUNCTION governance.response_by_maintainer(p_from timestamptz, p_to timestamptz)
RETURNS TABLE (maintainer text, name text, raised int8, acknowledged int8, median_acknowledged interval,
               ninety_percent_acknowledged interval, longest_acknowledged interval, median_cleared interval, still_open int8)
LANGUAGE sql STABLE ROWS 100 AS $$
    SELECT response.maintainer, coalesce(party.name, ''), count(*), count(until_acknowledged),
           percentile_disc(0.5) WITHIN GROUP (ORDER BY until_acknowledged),
           percentile_disc(0.9) WITHIN GROUP (ORDER BY until_acknowledged), max(until_acknowledged),
           percentile_disc(0.5) WITHIN GROUP (ORDER BY until_cleared), count(*) FILTER (WHERE cleared_at IS NULL)
    FROM governance.alarm_response AS response
    LEFT JOIN governance.party ON party.id = response.maintainer
    WHERE raised_at >= p_from AND raised_at < p_to
    GROUP BY response.maintainer, party.name
    ORDER BY count(*) DESC, response.maintainer;
$$;
COMMENT ON FUNCTION governance.response_by_maintainer IS 'How fast each maintenance unit answered the alarms raised in a period.';

CREATE FUNCTION governance.eemua(p_from timestamptz, p_to timestamptz)
RETURNS TABLE (community_code text, community text, raised int8, per_day float8, per_10_minutes float8, peak_10_minutes int8,
               flooded_percent float8, top_10_percent float8, critical int8, major int8, moderate int8, minor int8,
               standing int8, standing_over_24_h int8, unacknowledged int8)
LANGUAGE sql STABLE ROWS 100 AS $$
    WITH raise AS (
        SELECT coalesce(nullif(alarm.community_code, ''), gateway.community_code, '') AS community_code, event.severity,
               event.gateway, alarm.device, alarm.point, alarm.rule, placed.at
        FROM governance.alarm_event AS event
        CROSS JOIN LATERAL governance.place_time(event.at, event.gateway, event.boot, event.monotonic_us) AS placed (at)
        LEFT JOIN governance.alarm USING (gateway, alarm)
        LEFT JOIN governance.gateway ON gateway.gateway = event.gateway
        WHERE event.kind = 1 AND placed.at >= p_from AND placed.at < p_to
    ), slice AS (
        SELECT raise.community_code, count(*) AS raised FROM raise
        GROUP BY raise.community_code, date_bin(interval '10 minutes', raise.at, p_from)
    ), flood AS (
        SELECT slice.community_code, max(slice.raised) AS peak, count(*) FILTER (WHERE slice.raised > 10) AS flooded
        FROM slice GROUP BY slice.community_code
    ), worst AS (
        SELECT ranked.community_code, sum(ranked.raised) AS raised
        FROM (SELECT raise.community_code, count(*) AS raised,
                     row_number() OVER (PARTITION BY raise.community_code ORDER BY count(*) DESC) AS rank
              FROM raise GROUP BY raise.community_code, raise.gateway, raise.device, raise.point, raise.rule) AS ranked
        WHERE ranked.rank <= 10 GROUP BY ranked.community_code
    ), total AS (
        SELECT raise.community_code, count(*) AS raised, count(*) FILTER (WHERE severity = 1) AS critical,
               count(*) FILTER (WHERE severity = 2) AS major, count(*) FILTER (WHERE severity = 3) AS moderate,
               count(*) FILTER (WHERE severity = 4) AS minor
        FROM raise GROUP BY raise.community_code
    ), standing AS (
        SELECT coalesce(nullif(alarm.community_code, ''), gateway.community_code, '') AS community_code, count(*) AS standing,
               count(*) FILTER (WHERE governance.place_time(raised_at, alarm.gateway, raised_boot, raised_monotonic_us)
                                      < now() - interval '24 hours') AS stale,
               count(*) FILTER (WHERE NOT acknowledged) AS unacknowledged, max(alarm.place ->> 'community') AS community
        FROM governance.alarm LEFT JOIN governance.gateway USING (gateway)
        WHERE NOT is_over GROUP BY 1
    )
    SELECT community_code, coalesce(standing.community, ''), coalesce(total.raised, 0),
           coalesce(total.raised, 0) / greatest(extract(epoch FROM p_to - p_from) / 86400.0, 1e-9)::float8,
           coalesce(total.raised, 0) / greatest(extract(epoch FROM p_to - p_from) / 600.0, 1e-9)::float8,
           coalesce(flood.peak, 0),
           100.0 * coalesce(flood.flooded, 0) / greatest(ceil(extract(epoch FROM p_to - p_from) / 600.0), 1)::float8,
           coalesce(100.0 * worst.raised / total.raised, 0)::float8, coalesce(total.critical, 0), coalesce(total.major, 0),
           coalesce(total.moderate, 0), coalesce(total.minor, 0), coalesce(standing.standing, 0), coalesce(standing.stale, 0),
           coalesce(standing.unacknowledged, 0)
    FROM total FULL JOIN standing USING (community_code) LEFT JOIN flood USING (community_code)
    LEFT JOIN worst USING (community_code)
    ORDER BY coalesce(total.raised, 0) DESC, community_code;
$$;
COMMENT ON FUNCTION governance.eemua IS 'Figures after EEMUA 191 by community: rates, the worst ten minutes, share of ten-minute slices with more than ten alarms (a flood), share of the ten busiest sources, and what stands now. That guide wants at most one alarm in ten minutes in steady state, and few standing over a day.';

-- ---- gateways and registry -----------------------------------------------------------------------------------------

CREATE VIEW governance.gateway_trouble AS
    SELECT gateway.gateway, gateway.community_code, gateway.last_heard_at, now() - gateway.last_heard_at AS unheard_for,
           trouble.what, gateway.online, gateway.clock_known, gateway.events_pending, gateway.telemetry_pending,
           gateway.records_abandoned, gateway.software
    FROM governance.gateway
    CROSS JOIN LATERAL (
        SELECT concat_ws(', ',
            CASE WHEN gateway.online IS FALSE THEN 'offline' END,
            CASE WHEN gateway.last_heard_at < now() - governance.setting('silent_after')::interval THEN 'silent' END,
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
COMMENT ON VIEW governance.gateway_trouble IS 'Gateways that are silent, offline, behind, without a clock, or whose records could not all be stored.';
COMMENT ON COLUMN governance.gateway_trouble.what IS 'offline, silent, behind, clock unknown, has abandoned records, no birth, catalogue missing, batches parked, records quarantined.';
COMMENT ON COLUMN governance.gateway_trouble.unheard_for IS 'Since the last message of any kind.';

CREATE VIEW governance.registry_difference AS
    WITH mounted AS (
        SELECT device.gateway, device.device, device.component, device.authority, device.owner, device.maintainer,
               device.longitude, device.latitude, coalesce(device.place ->> 'grid', '') AS grid
        FROM governance.device WHERE device.present AND device.component <> ''
    )
    SELECT mounted.gateway, mounted.device, mounted.component, wrong.what, wrong.gateway_says, wrong.registry_says
    FROM mounted
    LEFT JOIN governance.component ON component.code = mounted.component
    CROSS JOIN LATERAL (VALUES
        ('component', mounted.component, CASE WHEN component.code IS NULL THEN 'not registered' END),
        ('authority', mounted.authority, CASE WHEN mounted.authority <> '' AND mounted.authority <> component.authority THEN component.authority END),
        ('owner', mounted.owner, CASE WHEN mounted.owner <> '' AND mounted.owner <> component.owner THEN component.owner END),
        ('maintainer', mounted.maintainer,
         CASE WHEN mounted.maintainer <> '' AND mounted.maintainer <> component.maintainer THEN component.maintainer END),
        ('grid', mounted.grid, CASE WHEN mounted.grid <> '' AND mounted.grid <> component.grid THEN nullif(component.grid, '') END),
        ('location', format('%s %s', round(mounted.longitude::numeric, 6), round(mounted.latitude::numeric, 6)),
         CASE WHEN 111000 * sqrt((mounted.latitude - component.latitude) ^ 2
                                 + ((mounted.longitude - component.longitude) * cos(radians(component.latitude))) ^ 2) > 50
              THEN format('%s %s', round(component.longitude::numeric, 6), round(component.latitude::numeric, 6)) END)
    ) AS wrong (what, gateway_says, registry_says)
    WHERE wrong.registry_says IS NOT NULL
UNION ALL
    SELECT told.gateway, '', '', 'party ' || told.id || ': ' || wrong.what, wrong.gateway_says, wrong.registry_says
    FROM governance.gateway_party AS told
    LEFT JOIN governance.party ON party.id = told.id
    CROSS JOIN LATERAL (VALUES
        ('id', told.id, CASE WHEN party.id IS NULL THEN 'not registered' END),
        ('code', told.code, CASE WHEN told.code <> '' AND told.code <> party.code THEN party.code END),
        ('name', told.name, CASE WHEN told.name <> '' AND told.name <> party.name THEN party.name END)
    ) AS wrong (what, gateway_says, registry_says)
    WHERE wrong.registry_says IS NOT NULL;
COMMENT ON VIEW governance.registry_difference IS 'Where a gateway says otherwise than the registry: component unknown, other parties, another grid, more than 50 m away, a party with another code or name; what a gateway does not say is no difference. The registry wins in every view; this list is for whoever mends the gateway''s configuration.';
COMMENT ON COLUMN governance.registry_difference.device IS 'Device; empty: it is about a party.';
COMMENT ON COLUMN governance.registry_difference.what IS 'What differs.';
COMMENT ON COLUMN governance.registry_difference.gateway_says IS 'The gateway''s copy.';
COMMENT ON COLUMN governance.registry_difference.registry_says IS 'What counts.';
