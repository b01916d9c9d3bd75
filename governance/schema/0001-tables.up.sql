-- The governance database: tables. Applied by `gengfu-ingest migrate`; docs/governance.md is the tour.
--
-- Rules that every table keeps, so that the schema can be distributed (docs/scale.md):
--   * each key of what a gateway says begins with the gateway; the registry (component_class, component, party,
--     number_scale, setting) has no gateway in it: small tables of which every node holds a copy;
--   * samples lie in one partition a day, made ahead and dropped by governance.maintain();
--   * no foreign key leads from what a gateway says into the registry: a gateway may name a component that nobody has
--     entered yet, and its alarm must not be lost for that. governance.registry_difference lists such cases.
--
-- What the service `gengfu-ingest` does with it: COPY into sample_recent, sample_clockless and sample_text; INSERT into
-- quarantine and parked; everything else by the functions of 0002-ingest.

-- ---- settings ------------------------------------------------------------------------------------------------------

CREATE TABLE governance.setting (
    name text PRIMARY KEY,
    value text NOT NULL,
    meaning text NOT NULL
);
COMMENT ON TABLE governance.setting IS 'What an operator may change; read at each use.';
COMMENT ON COLUMN governance.setting.name IS 'Name of the setting.';
COMMENT ON COLUMN governance.setting.value IS 'Its value, in PostgreSQL''s own writing (intervals: ''30 days'').';
COMMENT ON COLUMN governance.setting.meaning IS 'What it does.';
INSERT INTO governance.setting (name, value, meaning) VALUES
    ('samples_kept', '30 days', 'samples older than this are dropped, by whole days'),
    ('partitions', 'by day', 'who cuts the samples: ''by day'' is this schema; ''elsewhere'' leaves it to an extension (docs/scale.md)'),
    ('partitions_ahead', '7 days', 'partitions are made so far into the future'),
    ('compact_after', '15 minutes', 'an hour is compacted when it has been over for so long'),
    ('events_kept', '1825 days', 'ended alarms and their events, audit and dispatch are deleted afterwards'),
    ('quarantine_kept', '90 days', 'quarantined records are deleted afterwards'),
    ('silent_after', '90 seconds', 'a gateway that was not heard for so long is shown as silent: three heartbeats'),
    ('behind_after', '1000', 'a gateway with more records unconfirmed than this is shown as behind'),
    ('ledger_kept', '400 days', 'ranges of runs that were not heard for so long are forgotten; longer than any gateway''s history');

-- ---- registry ------------------------------------------------------------------------------------------------------

CREATE TABLE governance.component_class (
    code text PRIMARY KEY CHECK (code ~ '^[0-9]{4}$'),
    zh text NOT NULL,
    en text NOT NULL,
    major_zh text NOT NULL,
    major_en text NOT NULL
);
COMMENT ON TABLE governance.component_class IS 'Classes of city components after GB/T 30428.2: data, loaded from config/components/components.toml, extended by each city.';
COMMENT ON COLUMN governance.component_class.code IS 'Digits 7 to 10 of a component code: two for the major, two for the minor class.';
COMMENT ON COLUMN governance.component_class.zh IS 'Name in Chinese.';
COMMENT ON COLUMN governance.component_class.en IS 'Name in English.';
COMMENT ON COLUMN governance.component_class.major_zh IS 'Name of the major class in Chinese.';
COMMENT ON COLUMN governance.component_class.major_en IS 'Name of the major class in English.';

CREATE TABLE governance.party (
    id text PRIMARY KEY CHECK (id <> ''),
    code text UNIQUE DEFERRABLE CHECK (code <> ''),  -- deferrable: an import may swap two
    name text NOT NULL CHECK (name <> ''),
    phone_ref text NOT NULL DEFAULT '' CHECK (phone_ref !~ '^[+0-9 ()-]{5,}$'),
    changed_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE governance.party IS 'Registry: the units that answer for components. Filled by gengfu-ingest import-parties.';
COMMENT ON COLUMN governance.party.id IS 'Id by which gateways and components name it.';
COMMENT ON COLUMN governance.party.code IS 'The city''s code of the unit.';
COMMENT ON COLUMN governance.party.name IS 'Name of the unit.';
COMMENT ON COLUMN governance.party.phone_ref IS 'Reference that the platform resolves (roster:drainage-3); never a number.';
COMMENT ON COLUMN governance.party.changed_at IS 'When the row last changed.';

CREATE TABLE governance.component (
    code text PRIMARY KEY CHECK (code ~ '^[0-9]{16}$'),
    class text NOT NULL GENERATED ALWAYS AS (substr(code, 7, 4)) STORED REFERENCES governance.component_class,
    name text NOT NULL DEFAULT '',
    longitude float8 CHECK (longitude BETWEEN -180 AND 180),
    latitude float8 CHECK (latitude BETWEEN -90 AND 90),
    told_longitude float8,
    told_latitude float8,
    told_datum text CHECK (told_datum IN ('wgs84', 'cgcs2000', 'gcj02')),
    grid text NOT NULL DEFAULT '' CHECK (grid ~ '^([0-9]{15})?$'),
    division text NOT NULL GENERATED ALWAYS AS (substr(code, 1, 6)) STORED,
    community_code text NOT NULL DEFAULT '' CHECK (community_code ~ '^([0-9]{12})?$'),
    street text NOT NULL DEFAULT '',
    community text NOT NULL DEFAULT '',
    estate text NOT NULL DEFAULT '',
    area text NOT NULL DEFAULT '',
    door text NOT NULL DEFAULT '',
    building text NOT NULL DEFAULT '',
    floor text NOT NULL DEFAULT '',
    landmark text NOT NULL DEFAULT '',
    access text NOT NULL DEFAULT '',
    authority text REFERENCES governance.party,
    owner text REFERENCES governance.party,
    maintainer text REFERENCES governance.party,
    changed_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((longitude IS NULL) = (latitude IS NULL)),
    CHECK ((longitude IS NULL) = (told_datum IS NULL)),
    CHECK (grid = '' OR community_code = '' OR starts_with(grid, community_code))
);
COMMENT ON TABLE governance.component IS 'Registry: every city component, where it is and whose it is. Filled by gengfu-ingest import-components. Where a gateway says otherwise, this wins.';
COMMENT ON COLUMN governance.component.code IS '16 digits, GB/T 30428.2: 6 county, 2 major and 2 minor class, 6 sequence.';
COMMENT ON COLUMN governance.component.class IS 'Digits 7 to 10 of the code.';
COMMENT ON COLUMN governance.component.name IS 'Name, where it has one.';
COMMENT ON COLUMN governance.component.longitude IS 'Degrees east, WGS 84, converted from what was told.';
COMMENT ON COLUMN governance.component.latitude IS 'Degrees north, WGS 84, converted from what was told.';
COMMENT ON COLUMN governance.component.told_longitude IS 'Longitude as it stood in the import.';
COMMENT ON COLUMN governance.component.told_latitude IS 'Latitude as it stood in the import.';
COMMENT ON COLUMN governance.component.told_datum IS 'Coordinate system of what was told: wgs84, cgcs2000 or gcj02.';
COMMENT ON COLUMN governance.component.grid IS '15-digit unit grid, GB/T 30428.1; empty: not known.';
COMMENT ON COLUMN governance.component.division IS 'County level, the first six digits of the code.';
COMMENT ON COLUMN governance.component.community_code IS '12 digits; the grid begins with it.';
COMMENT ON COLUMN governance.component.street IS 'Street or town.';
COMMENT ON COLUMN governance.component.community IS 'Community or village.';
COMMENT ON COLUMN governance.component.estate IS 'Residential quarter.';
COMMENT ON COLUMN governance.component.area IS 'Area within the estate.';
COMMENT ON COLUMN governance.component.door IS 'Building door.';
COMMENT ON COLUMN governance.component.building IS 'Building.';
COMMENT ON COLUMN governance.component.floor IS 'Floor.';
COMMENT ON COLUMN governance.component.landmark IS 'What one sees standing there.';
COMMENT ON COLUMN governance.component.access IS 'Where the key is.';
COMMENT ON COLUMN governance.component.authority IS 'Managing department (party.id).';
COMMENT ON COLUMN governance.component.owner IS 'Owner (party.id).';
COMMENT ON COLUMN governance.component.maintainer IS 'Maintenance unit (party.id).';
COMMENT ON COLUMN governance.component.changed_at IS 'When the row last changed.';
CREATE INDEX component_grid ON governance.component (grid);
CREATE INDEX component_maintainer ON governance.component (maintainer);

-- ---- gateways and what hangs on them -------------------------------------------------------------------------------

CREATE TABLE governance.gateway (
    gateway text PRIMARY KEY CHECK (gateway <> ''),
    division text NOT NULL DEFAULT '',
    community_code text NOT NULL DEFAULT '',
    first_heard_at timestamptz NOT NULL DEFAULT now(),
    last_heard_at timestamptz NOT NULL DEFAULT now(),
    birth_start int8,
    birth_epoch int8,
    birth_as_of int8,
    birth_alarms text[],
    birth_at timestamptz,
    software text NOT NULL DEFAULT '',
    configuration_hash text NOT NULL DEFAULT '',
    catalogue_hash text NOT NULL DEFAULT '',
    state_start int8,
    state_monotonic_us int8,
    online boolean,
    clock_known boolean,
    state_at timestamptz,
    records_abandoned int8,
    events_pending int8,
    telemetry_pending int8,
    buses jsonb,
    last_number int4 NOT NULL DEFAULT 0,
    taken text NOT NULL DEFAULT ''
) WITH (fillfactor = 50);
COMMENT ON TABLE governance.gateway IS 'Every gateway that was ever heard, with its newest birth and state.';
COMMENT ON COLUMN governance.gateway.gateway IS 'Id, unique in the city.';
COMMENT ON COLUMN governance.gateway.division IS 'County level, from the topic.';
COMMENT ON COLUMN governance.gateway.community_code IS 'Community, from the topic.';
COMMENT ON COLUMN governance.gateway.first_heard_at IS 'When the database first heard of it.';
COMMENT ON COLUMN governance.gateway.last_heard_at IS 'When any message of it last came, to a few seconds.';
COMMENT ON COLUMN governance.gateway.birth_start IS 'Start number of the newest birth.';
COMMENT ON COLUMN governance.gateway.birth_epoch IS 'Epoch of the newest birth (64 bits as a signed number).';
COMMENT ON COLUMN governance.gateway.birth_as_of IS 'Event sequence up to which the newest birth speaks.';
COMMENT ON COLUMN governance.gateway.birth_alarms IS 'Ids of all alarms that stood at the newest birth.';
COMMENT ON COLUMN governance.gateway.birth_at IS 'When the newest birth was written; null: its clock was unknown.';
COMMENT ON COLUMN governance.gateway.software IS 'Its program and version.';
COMMENT ON COLUMN governance.gateway.configuration_hash IS 'Of the configuration in force.';
COMMENT ON COLUMN governance.gateway.catalogue_hash IS 'Of the catalogue in force.';
COMMENT ON COLUMN governance.gateway.state_start IS 'Start number of the newest state.';
COMMENT ON COLUMN governance.gateway.state_monotonic_us IS 'Monotonic time of the newest state: orders the states of one start.';
COMMENT ON COLUMN governance.gateway.online IS 'False: it said goodbye, or the broker lost it.';
COMMENT ON COLUMN governance.gateway.clock_known IS 'Its wall time can be trusted.';
COMMENT ON COLUMN governance.gateway.state_at IS 'When the newest state was written, by its clock.';
COMMENT ON COLUMN governance.gateway.records_abandoned IS 'Records that it had to give up since its store was made.';
COMMENT ON COLUMN governance.gateway.events_pending IS 'Events not yet confirmed.';
COMMENT ON COLUMN governance.gateway.telemetry_pending IS 'Telemetry records not yet confirmed.';
COMMENT ON COLUMN governance.gateway.buses IS 'State of its buses, as in BusState of the feed.';
COMMENT ON COLUMN governance.gateway.last_number IS 'Highest point number given so far.';
COMMENT ON COLUMN governance.gateway.taken IS 'Catalogues by which device, point and gateway_party were last made.';
CREATE INDEX gateway_community ON governance.gateway (community_code);

CREATE TABLE governance.catalogue (
    gateway text NOT NULL,
    hash text NOT NULL,
    parts int4 NOT NULL CHECK (parts BETWEEN 1 AND 4096),
    complete boolean NOT NULL DEFAULT false,
    start int8 NOT NULL DEFAULT 0,
    sequence int8 NOT NULL DEFAULT 0,
    first_heard_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (gateway, hash)
);
COMMENT ON TABLE governance.catalogue IS 'Every catalogue that a gateway has announced.';
COMMENT ON COLUMN governance.catalogue.gateway IS 'Whose.';
COMMENT ON COLUMN governance.catalogue.hash IS '16 hex digits over all parts.';
COMMENT ON COLUMN governance.catalogue.parts IS 'How many parts it has.';
COMMENT ON COLUMN governance.catalogue.complete IS 'All parts are here; its points are in catalogue_point.';
COMMENT ON COLUMN governance.catalogue.start IS 'Start number of the newest record that announced it; 0: known from retained messages alone.';
COMMENT ON COLUMN governance.catalogue.sequence IS 'Event sequence of that record.';
COMMENT ON COLUMN governance.catalogue.first_heard_at IS 'When its first part came.';

CREATE TABLE governance.catalogue_part (
    gateway text NOT NULL,
    hash text NOT NULL,
    part int4 NOT NULL,
    content jsonb NOT NULL,
    PRIMARY KEY (gateway, hash, part),
    FOREIGN KEY (gateway, hash) REFERENCES governance.catalogue ON DELETE CASCADE
);
COMMENT ON TABLE governance.catalogue_part IS 'The parts of a catalogue as they came.';
COMMENT ON COLUMN governance.catalogue_part.gateway IS 'Whose.';
COMMENT ON COLUMN governance.catalogue_part.hash IS 'Of which catalogue.';
COMMENT ON COLUMN governance.catalogue_part.part IS 'Number of the part, from 0.';
COMMENT ON COLUMN governance.catalogue_part.content IS 'CatalogueChange of the feed as JSON with the names of the proto file.';

CREATE TABLE governance.device (
    gateway text NOT NULL,
    device text NOT NULL,
    class text NOT NULL DEFAULT '',
    profile text NOT NULL DEFAULT '',
    bus text NOT NULL DEFAULT '',
    unit int4,
    component text NOT NULL DEFAULT '',
    authority text NOT NULL DEFAULT '',
    owner text NOT NULL DEFAULT '',
    maintainer text NOT NULL DEFAULT '',
    longitude float8,
    latitude float8,
    place jsonb NOT NULL DEFAULT '{}',
    present boolean NOT NULL,
    PRIMARY KEY (gateway, device)
);
COMMENT ON TABLE governance.device IS 'Every device a gateway has or had, as the newest catalogue tells that has it.';
COMMENT ON COLUMN governance.device.gateway IS 'Whose.';
COMMENT ON COLUMN governance.device.device IS 'Name in the gateway''s configuration.';
COMMENT ON COLUMN governance.device.class IS 'Class that gives it its rules: manhole-cover.';
COMMENT ON COLUMN governance.device.profile IS 'Sensor type.';
COMMENT ON COLUMN governance.device.bus IS 'Line it hangs on.';
COMMENT ON COLUMN governance.device.unit IS 'Its Modbus unit id.';
COMMENT ON COLUMN governance.device.component IS 'Component code, as the gateway says; empty: not stated.';
COMMENT ON COLUMN governance.device.authority IS 'Party id of the managing department, as the gateway says.';
COMMENT ON COLUMN governance.device.owner IS 'Party id of the owner, as the gateway says.';
COMMENT ON COLUMN governance.device.maintainer IS 'Party id of the maintenance unit, as the gateway says.';
COMMENT ON COLUMN governance.device.longitude IS 'Degrees east, WGS 84, converted from what the gateway says.';
COMMENT ON COLUMN governance.device.latitude IS 'Degrees north, WGS 84.';
COMMENT ON COLUMN governance.device.place IS 'Place of the feed as JSON.';
COMMENT ON COLUMN governance.device.present IS 'It is in the catalogue in force; false: it was taken away.';
CREATE INDEX device_component ON governance.device (component) WHERE component <> '';

CREATE TABLE governance.gateway_party (
    gateway text NOT NULL,
    id text NOT NULL,
    code text NOT NULL DEFAULT '',
    name text NOT NULL DEFAULT '',
    phone_ref text NOT NULL DEFAULT '',
    PRIMARY KEY (gateway, id)
);
COMMENT ON TABLE governance.gateway_party IS 'A gateway''s own copy of the parties that it names.';
COMMENT ON COLUMN governance.gateway_party.gateway IS 'Whose copy.';
COMMENT ON COLUMN governance.gateway_party.id IS 'Party id.';
COMMENT ON COLUMN governance.gateway_party.code IS 'The city''s code of the unit, as the gateway says.';
COMMENT ON COLUMN governance.gateway_party.name IS 'Name, as the gateway says.';
COMMENT ON COLUMN governance.gateway_party.phone_ref IS 'Reference that the platform resolves.';

CREATE TABLE governance.number_scale (
    scale int2 PRIMARY KEY CHECK (scale > 0),
    resolution float8 NOT NULL CHECK (abs(resolution) BETWEEN 1e-9 AND 1e9),
    base float8 NOT NULL CHECK (abs(base) <= 1e15),
    UNIQUE (resolution, base)
);
COMMENT ON TABLE governance.number_scale IS 'Steps in which points count: value = step * resolution + base. Compaction stores a step of two or four bytes where it gives the value exactly.';
COMMENT ON COLUMN governance.number_scale.scale IS 'Number by which points and sample_hour name it.';
COMMENT ON COLUMN governance.number_scale.resolution IS 'Size of a step, in the point''s unit.';
COMMENT ON COLUMN governance.number_scale.base IS 'Value of step 0.';

CREATE TABLE governance.point (
    gateway text NOT NULL,
    number int4 NOT NULL CHECK (number > 0),
    device text NOT NULL,
    point text NOT NULL,
    unit text NOT NULL DEFAULT '',
    role text NOT NULL DEFAULT '',
    type int2 NOT NULL DEFAULT 0,
    component text NOT NULL DEFAULT '',
    enumeration jsonb,
    scale int2,
    present boolean NOT NULL,
    PRIMARY KEY (gateway, number),
    UNIQUE (gateway, device, point)
);
COMMENT ON TABLE governance.point IS 'Every point a gateway has or had, as the newest catalogue tells that has it; point_history has the earlier ones.';
COMMENT ON COLUMN governance.point.gateway IS 'Whose.';
COMMENT ON COLUMN governance.point.number IS 'Number within the gateway, given by the database: stays when the gateway gets a new card, where aliases begin anew.';
COMMENT ON COLUMN governance.point.device IS 'Name of its device.';
COMMENT ON COLUMN governance.point.point IS 'Name in the profile.';
COMMENT ON COLUMN governance.point.unit IS 'Unit of its values.';
COMMENT ON COLUMN governance.point.role IS 'What it is for: residual_current.';
COMMENT ON COLUMN governance.point.type IS '1 number, 2 bool (0 or 1), 3 text; as PointType of the feed.';
COMMENT ON COLUMN governance.point.component IS 'Component code of its channel or device, as the gateway says; empty: not stated.';
COMMENT ON COLUMN governance.point.enumeration IS 'Words for its values.';
COMMENT ON COLUMN governance.point.scale IS 'Step in which it counts (number_scale); null: none.';
COMMENT ON COLUMN governance.point.present IS 'It is in the catalogue in force; false: it was taken away.';
CREATE INDEX point_component ON governance.point (component) WHERE component <> '';

CREATE TABLE governance.catalogue_point (
    gateway text NOT NULL,
    hash text NOT NULL,
    alias int4 NOT NULL CHECK (alias > 0),
    number int4 NOT NULL,
    type int2 NOT NULL,
    resolution float8 NOT NULL,
    base float8 NOT NULL,
    unit text NOT NULL,
    role text NOT NULL,
    component text NOT NULL,
    PRIMARY KEY (gateway, hash, alias),
    FOREIGN KEY (gateway, hash) REFERENCES governance.catalogue ON DELETE CASCADE,
    FOREIGN KEY (gateway, number) REFERENCES governance.point
);
COMMENT ON TABLE governance.catalogue_point IS 'What each alias means under each catalogue: by this batches are read, and this is the history of points.';
COMMENT ON COLUMN governance.catalogue_point.gateway IS 'Whose.';
COMMENT ON COLUMN governance.catalogue_point.hash IS 'Of which catalogue.';
COMMENT ON COLUMN governance.catalogue_point.alias IS 'Number in the gateway''s batches.';
COMMENT ON COLUMN governance.catalogue_point.number IS 'Which point.';
COMMENT ON COLUMN governance.catalogue_point.type IS 'Type under this catalogue.';
COMMENT ON COLUMN governance.catalogue_point.resolution IS 'Resolution of steps under this catalogue; 0: no steps.';
COMMENT ON COLUMN governance.catalogue_point.base IS 'Offset of steps under this catalogue.';
COMMENT ON COLUMN governance.catalogue_point.unit IS 'Unit under this catalogue.';
COMMENT ON COLUMN governance.catalogue_point.role IS 'Role under this catalogue.';
COMMENT ON COLUMN governance.catalogue_point.component IS 'Component code under this catalogue.';

-- ---- what has been committed ---------------------------------------------------------------------------------------

CREATE TABLE governance.ledger (
    gateway text NOT NULL,
    epoch int8 NOT NULL,
    stream int2 NOT NULL CHECK (stream IN (1, 2)),
    start int8 NOT NULL,
    ranges int8multirange NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (gateway, epoch, stream)
) WITH (fillfactor = 40, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
COMMENT ON TABLE governance.ledger IS 'Which records are here, as ranges of sequences, changed in the transaction that stores them: the confirmation itself.';
COMMENT ON COLUMN governance.ledger.gateway IS 'Whose records.';
COMMENT ON COLUMN governance.ledger.epoch IS 'Of which run (64 bits as a signed number).';
COMMENT ON COLUMN governance.ledger.stream IS '1 event, 2 telemetry.';
COMMENT ON COLUMN governance.ledger.start IS 'Start number of the run.';
COMMENT ON COLUMN governance.ledger.ranges IS 'Sequences committed, parked or quarantined.';
COMMENT ON COLUMN governance.ledger.changed_at IS 'When a record was last added.';

CREATE TABLE governance.quarantine (
    gateway text NOT NULL,
    number int8 NOT NULL GENERATED ALWAYS AS IDENTITY,
    received_at timestamptz NOT NULL DEFAULT now(),
    epoch int8,
    stream int2,
    sequence int8,
    topic text NOT NULL,
    reason text NOT NULL,
    payload bytea NOT NULL,
    PRIMARY KEY (gateway, number)
);
COMMENT ON TABLE governance.quarantine IS 'Records that could not be stored, whole, with the reason.';
COMMENT ON COLUMN governance.quarantine.gateway IS 'From the topic; empty: none in it.';
COMMENT ON COLUMN governance.quarantine.number IS 'Counts them.';
COMMENT ON COLUMN governance.quarantine.received_at IS 'When it was received.';
COMMENT ON COLUMN governance.quarantine.epoch IS 'Of its identity; null: unreadable.';
COMMENT ON COLUMN governance.quarantine.stream IS 'Of its identity; null: unreadable.';
COMMENT ON COLUMN governance.quarantine.sequence IS 'Of its identity; null: unreadable.';
COMMENT ON COLUMN governance.quarantine.topic IS 'Topic on which it came.';
COMMENT ON COLUMN governance.quarantine.reason IS 'Why it could not be stored.';
COMMENT ON COLUMN governance.quarantine.payload IS 'The message as it came.';
CREATE INDEX quarantine_received ON governance.quarantine (received_at);

CREATE TABLE governance.parked (
    gateway text NOT NULL,
    epoch int8 NOT NULL,
    sequence int8 NOT NULL,
    start int8 NOT NULL,
    hash text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    payload bytea NOT NULL,
    PRIMARY KEY (gateway, epoch, sequence)
);
COMMENT ON TABLE governance.parked IS 'Batches that wait for their catalogue.';
COMMENT ON COLUMN governance.parked.gateway IS 'Whose.';
COMMENT ON COLUMN governance.parked.epoch IS 'Of the batch''s identity.';
COMMENT ON COLUMN governance.parked.sequence IS 'Of the batch''s identity.';
COMMENT ON COLUMN governance.parked.start IS 'Start number of the run.';
COMMENT ON COLUMN governance.parked.hash IS 'Catalogue for which it waits.';
COMMENT ON COLUMN governance.parked.received_at IS 'When it was received.';
COMMENT ON COLUMN governance.parked.payload IS 'The message as it came.';
CREATE INDEX parked_hash ON governance.parked (gateway, hash);

CREATE TABLE governance.abandoned (
    gateway text NOT NULL,
    epoch int8 NOT NULL,
    sequence int8 NOT NULL,
    of_epoch int8 NOT NULL,
    of_stream int2 NOT NULL,
    first int8 NOT NULL,
    last int8 NOT NULL,
    reason text NOT NULL,
    at timestamptz,
    PRIMARY KEY (gateway, epoch, sequence)
);
COMMENT ON TABLE governance.abandoned IS 'Ranges of records that a gateway has declared lost.';
COMMENT ON COLUMN governance.abandoned.gateway IS 'Who declares it.';
COMMENT ON COLUMN governance.abandoned.epoch IS 'Of the record that says so.';
COMMENT ON COLUMN governance.abandoned.sequence IS 'Of the record that says so.';
COMMENT ON COLUMN governance.abandoned.of_epoch IS 'Run whose records are lost.';
COMMENT ON COLUMN governance.abandoned.of_stream IS 'Stream whose records are lost.';
COMMENT ON COLUMN governance.abandoned.first IS 'First sequence lost.';
COMMENT ON COLUMN governance.abandoned.last IS 'Last sequence lost, included.';
COMMENT ON COLUMN governance.abandoned.reason IS 'size-limit, history, damaged, power-cut.';
COMMENT ON COLUMN governance.abandoned.at IS 'When it was declared; null: clock unknown.';

CREATE TABLE governance.audit (
    gateway text NOT NULL,
    epoch int8 NOT NULL,
    sequence int8 NOT NULL,
    at timestamptz,
    boot uuid,
    monotonic_us int8,
    what text NOT NULL,
    actor jsonb NOT NULL DEFAULT '{}',
    text_zh text NOT NULL DEFAULT '',
    text_en text NOT NULL DEFAULT '',
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (gateway, epoch, sequence)
);
COMMENT ON TABLE governance.audit IS 'What people did at a gateway, and what befell it.';
COMMENT ON COLUMN governance.audit.gateway IS 'Where.';
COMMENT ON COLUMN governance.audit.epoch IS 'Of the record''s identity.';
COMMENT ON COLUMN governance.audit.sequence IS 'Of the record''s identity.';
COMMENT ON COLUMN governance.audit.at IS 'By the gateway''s clock; null: it was unknown.';
COMMENT ON COLUMN governance.audit.boot IS 'Boot in which it happened.';
COMMENT ON COLUMN governance.audit.monotonic_us IS 'Monotonic time at which it happened.';
COMMENT ON COLUMN governance.audit.what IS 'Kind: command-refused, configuration-accepted.';
COMMENT ON COLUMN governance.audit.actor IS 'Who: Actor of the feed as JSON.';
COMMENT ON COLUMN governance.audit.text_zh IS 'In words, Chinese.';
COMMENT ON COLUMN governance.audit.text_en IS 'In words, English.';
COMMENT ON COLUMN governance.audit.received_at IS 'When the database got it.';
CREATE INDEX audit_received ON governance.audit USING brin (received_at);

CREATE TABLE governance.clock_fix (
    gateway text NOT NULL,
    boot uuid NOT NULL,
    version int8 NOT NULL,
    wall_of_zero_us int8 NOT NULL,
    uncertainty_us int8 NOT NULL,
    epoch int8 NOT NULL,
    sequence int8 NOT NULL,
    PRIMARY KEY (gateway, boot, version)
);
COMMENT ON TABLE governance.clock_fix IS 'The wall time of a boot''s monotonic zero, told once a gateway knew it. The highest version of a boot counts.';
COMMENT ON COLUMN governance.clock_fix.gateway IS 'Whose boot.';
COMMENT ON COLUMN governance.clock_fix.boot IS 'Kernel boot id.';
COMMENT ON COLUMN governance.clock_fix.version IS 'A later statement about the same boot has a higher one.';
COMMENT ON COLUMN governance.clock_fix.wall_of_zero_us IS 'Microseconds from 1970-01-01T00:00:00Z to the monotonic zero.';
COMMENT ON COLUMN governance.clock_fix.uncertainty_us IS 'It may be off by so much.';
COMMENT ON COLUMN governance.clock_fix.epoch IS 'Of the record that says so.';
COMMENT ON COLUMN governance.clock_fix.sequence IS 'Of the record that says so.';

-- ---- samples -------------------------------------------------------------------------------------------------------
-- A sample's time is hour + 30 minutes + offset: so a microsecond within the hour fits into four bytes.

CREATE TABLE governance.sample_recent (
    hour timestamptz NOT NULL,
    epoch int8 NOT NULL,
    sequence int8 NOT NULL,
    gateway text NOT NULL,
    block int4 NOT NULL,
    quality int2 NOT NULL,
    offsets int4[] NOT NULL,
    points int2[] NOT NULL,
    "values" float8[] NOT NULL
) PARTITION BY RANGE (hour);
COMMENT ON TABLE governance.sample_recent IS 'Samples as they come: one row of arrays for each message, hour, block of points and quality. No unique key: the ledger admits each message once.';
COMMENT ON COLUMN governance.sample_recent.hour IS 'The full hour (UTC) in which all samples of the row lie.';
COMMENT ON COLUMN governance.sample_recent.epoch IS 'Of the message''s identity.';
COMMENT ON COLUMN governance.sample_recent.sequence IS 'Of the message''s identity.';
COMMENT ON COLUMN governance.sample_recent.gateway IS 'Whose.';
COMMENT ON COLUMN governance.sample_recent.block IS 'Point number = block * 32768 + the entry of points.';
COMMENT ON COLUMN governance.sample_recent.quality IS 'Of all samples of the row: quality * 256 + reason of the feed; 256 is good.';
COMMENT ON COLUMN governance.sample_recent.offsets IS 'Microseconds from hour + 30 minutes.';
COMMENT ON COLUMN governance.sample_recent.points IS 'Lower 15 bits of each sample''s point number.';
COMMENT ON COLUMN governance.sample_recent."values" IS 'Value, in the point''s unit; null: none.';
ALTER TABLE governance.sample_recent ALTER COLUMN offsets SET COMPRESSION lz4;
ALTER TABLE governance.sample_recent ALTER COLUMN points SET COMPRESSION lz4;
ALTER TABLE governance.sample_recent ALTER COLUMN "values" SET COMPRESSION lz4;
CREATE INDEX sample_recent_gateway ON governance.sample_recent (gateway, hour);
CREATE TABLE governance.sample_recent_default PARTITION OF governance.sample_recent DEFAULT;
COMMENT ON TABLE governance.sample_recent_default IS 'Samples of days that have no partition: late ones, and clocks ahead.';

CREATE TABLE governance.sample_hour (
    hour timestamptz NOT NULL,
    number int4 NOT NULL,
    scale int2,
    gateway text NOT NULL,
    offsets int4[] NOT NULL,
    qualities int2[],
    small int2[],
    steps int4[],
    singles float4[],
    exacts float8[],
    PRIMARY KEY (gateway, number, hour)
) PARTITION BY RANGE (hour);
COMMENT ON TABLE governance.sample_hour IS 'Compacted samples: one row for each point and hour, in order of time. Exactly one of small, steps, singles, exacts has the values.';
COMMENT ON COLUMN governance.sample_hour.hour IS 'The full hour (UTC).';
COMMENT ON COLUMN governance.sample_hour.number IS 'Which point.';
COMMENT ON COLUMN governance.sample_hour.scale IS 'Of small and steps: value = step * resolution + base (number_scale).';
COMMENT ON COLUMN governance.sample_hour.gateway IS 'Whose.';
COMMENT ON COLUMN governance.sample_hour.offsets IS 'Microseconds from hour + 30 minutes, ascending.';
COMMENT ON COLUMN governance.sample_hour.qualities IS 'quality * 256 + reason of each sample; null: all good.';
COMMENT ON COLUMN governance.sample_hour.small IS 'Steps of two bytes.';
COMMENT ON COLUMN governance.sample_hour.steps IS 'Steps of four bytes.';
COMMENT ON COLUMN governance.sample_hour.singles IS 'Values that single precision holds exactly.';
COMMENT ON COLUMN governance.sample_hour.exacts IS 'Values in double precision.';
CREATE TABLE governance.sample_hour_default PARTITION OF governance.sample_hour DEFAULT WITH (toast_tuple_target = 4064);
COMMENT ON TABLE governance.sample_hour_default IS 'Compacted samples of days that have no partition.';

CREATE TABLE governance.sample_clockless (
    epoch int8 NOT NULL,
    sequence int8 NOT NULL,
    boot uuid NOT NULL,
    monotonic_us int8 NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    gateway text NOT NULL,
    block int4 NOT NULL,
    quality int2 NOT NULL,
    offsets int8[] NOT NULL,
    points int2[] NOT NULL,
    "values" float8[] NOT NULL
);
COMMENT ON TABLE governance.sample_clockless IS 'Samples of a gateway that did not know the time. They stay here; the views compute their time from clock_fix.';
COMMENT ON COLUMN governance.sample_clockless.epoch IS 'Of the message''s identity.';
COMMENT ON COLUMN governance.sample_clockless.sequence IS 'Of the message''s identity.';
COMMENT ON COLUMN governance.sample_clockless.boot IS 'Kernel boot id.';
COMMENT ON COLUMN governance.sample_clockless.monotonic_us IS 'Monotonic time from which the offsets count.';
COMMENT ON COLUMN governance.sample_clockless.received_at IS 'When the database got it: retention goes by this.';
COMMENT ON COLUMN governance.sample_clockless.gateway IS 'Whose.';
COMMENT ON COLUMN governance.sample_clockless.block IS 'As in sample_recent.';
COMMENT ON COLUMN governance.sample_clockless.quality IS 'As in sample_recent.';
COMMENT ON COLUMN governance.sample_clockless.offsets IS 'Microseconds from monotonic_us.';
COMMENT ON COLUMN governance.sample_clockless.points IS 'As in sample_recent.';
COMMENT ON COLUMN governance.sample_clockless."values" IS 'As in sample_recent.';
CREATE INDEX sample_clockless_received ON governance.sample_clockless USING brin (received_at);
CREATE INDEX sample_clockless_boot ON governance.sample_clockless (gateway, boot);

CREATE TABLE governance.sample_text (
    epoch int8 NOT NULL,
    sequence int8 NOT NULL,
    at timestamptz,
    boot uuid NOT NULL,
    monotonic_us int8 NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    gateway text NOT NULL,
    number int4 NOT NULL,
    quality int2 NOT NULL,
    value text NOT NULL
);
COMMENT ON TABLE governance.sample_text IS 'Samples of text points, one a row: they are few.';
COMMENT ON COLUMN governance.sample_text.epoch IS 'Of the message''s identity.';
COMMENT ON COLUMN governance.sample_text.sequence IS 'Of the message''s identity.';
COMMENT ON COLUMN governance.sample_text.at IS 'Time by the gateway''s clock; null: it was unknown.';
COMMENT ON COLUMN governance.sample_text.boot IS 'Kernel boot id.';
COMMENT ON COLUMN governance.sample_text.monotonic_us IS 'Monotonic time.';
COMMENT ON COLUMN governance.sample_text.received_at IS 'When the database got it: retention goes by this.';
COMMENT ON COLUMN governance.sample_text.gateway IS 'Whose.';
COMMENT ON COLUMN governance.sample_text.number IS 'Which point.';
COMMENT ON COLUMN governance.sample_text.quality IS 'quality * 256 + reason.';
COMMENT ON COLUMN governance.sample_text.value IS 'As read; empty when the sample is bad.';
CREATE INDEX sample_text_received ON governance.sample_text USING brin (received_at);
CREATE INDEX sample_text_point ON governance.sample_text (gateway, number, at);

-- ---- alarms --------------------------------------------------------------------------------------------------------

CREATE TABLE governance.alarm (
    gateway text NOT NULL,
    alarm text NOT NULL,
    start int8 NOT NULL,
    revision int8 NOT NULL,
    sequence int8 NOT NULL DEFAULT 0,
    device text NOT NULL DEFAULT '',
    point text NOT NULL DEFAULT '',
    rule text NOT NULL DEFAULT '',
    device_class text NOT NULL DEFAULT '',
    severity int2 NOT NULL DEFAULT 0,
    active boolean NOT NULL,
    acknowledged boolean NOT NULL,
    latched boolean NOT NULL,
    uncertain boolean NOT NULL,
    removed boolean NOT NULL,
    is_over boolean NOT NULL,
    superseded boolean NOT NULL DEFAULT false,
    title_zh text NOT NULL DEFAULT '',
    title_en text NOT NULL DEFAULT '',
    text_zh text NOT NULL DEFAULT '',
    text_en text NOT NULL DEFAULT '',
    advice_zh text NOT NULL DEFAULT '',
    advice_en text NOT NULL DEFAULT '',
    hazard_zh text NOT NULL DEFAULT '',
    hazard_en text NOT NULL DEFAULT '',
    component text NOT NULL DEFAULT '',
    authority jsonb NOT NULL DEFAULT '{}',
    owner jsonb NOT NULL DEFAULT '{}',
    maintainer jsonb NOT NULL DEFAULT '{}',
    longitude float8,
    latitude float8,
    told_grid text NOT NULL DEFAULT '',
    told_street text NOT NULL DEFAULT '',
    community_code text NOT NULL DEFAULT '',
    place jsonb NOT NULL DEFAULT '{}',
    grid text NOT NULL DEFAULT '',
    street text NOT NULL DEFAULT '',
    raised_at timestamptz,
    raised_boot uuid,
    raised_monotonic_us int8,
    cleared_at timestamptz,
    cleared_boot uuid,
    cleared_monotonic_us int8,
    acknowledged_at timestamptz,
    acknowledged_boot uuid,
    acknowledged_monotonic_us int8,
    acknowledged_by jsonb,
    evidence jsonb,
    why text NOT NULL DEFAULT '',
    state jsonb NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (gateway, alarm)
) WITH (fillfactor = 70);
COMMENT ON TABLE governance.alarm IS 'The newest state of every alarm, as its gateway told it. The views add registry and clock.';
COMMENT ON COLUMN governance.alarm.gateway IS 'Who judges it.';
COMMENT ON COLUMN governance.alarm.alarm IS 'Id: epoch in hex, "-", event sequence of the raise.';
COMMENT ON COLUMN governance.alarm.start IS 'Start number of the run that wrote this state; states are ordered by (start, revision).';
COMMENT ON COLUMN governance.alarm.revision IS 'Raised by every transition.';
COMMENT ON COLUMN governance.alarm.sequence IS 'Event sequence of the newest transition; 0: known from a retained message alone.';
COMMENT ON COLUMN governance.alarm.device IS 'Device in the gateway''s configuration.';
COMMENT ON COLUMN governance.alarm.point IS 'Point; empty: the whole device.';
COMMENT ON COLUMN governance.alarm.rule IS 'Rule that judges.';
COMMENT ON COLUMN governance.alarm.device_class IS 'Class of the device.';
COMMENT ON COLUMN governance.alarm.severity IS '1 critical (I red), 2 major (II orange), 3 moderate (III yellow), 4 minor (IV blue).';
COMMENT ON COLUMN governance.alarm.active IS 'The condition holds.';
COMMENT ON COLUMN governance.alarm.acknowledged IS 'Somebody has taken note.';
COMMENT ON COLUMN governance.alarm.latched IS 'Stays until reset.';
COMMENT ON COLUMN governance.alarm.uncertain IS 'Its sensor fell silent while it was active.';
COMMENT ON COLUMN governance.alarm.removed IS 'Its rule or device left the configuration.';
COMMENT ON COLUMN governance.alarm.is_over IS 'Clear, acknowledged and reset, as the gateway told, or superseded.';
COMMENT ON COLUMN governance.alarm.superseded IS 'A later birth of its gateway no longer lists it: it ended unseen.';
COMMENT ON COLUMN governance.alarm.title_zh IS 'What it is, Chinese.';
COMMENT ON COLUMN governance.alarm.title_en IS 'What it is, English.';
COMMENT ON COLUMN governance.alarm.text_zh IS 'With the numbers, Chinese.';
COMMENT ON COLUMN governance.alarm.text_en IS 'With the numbers, English.';
COMMENT ON COLUMN governance.alarm.advice_zh IS 'What to do first, Chinese.';
COMMENT ON COLUMN governance.alarm.advice_en IS 'What to do first, English.';
COMMENT ON COLUMN governance.alarm.hazard_zh IS 'What can happen, Chinese.';
COMMENT ON COLUMN governance.alarm.hazard_en IS 'What can happen, English.';
COMMENT ON COLUMN governance.alarm.component IS 'Component code, as the gateway says; empty: not stated.';
COMMENT ON COLUMN governance.alarm.authority IS 'Managing department, as the gateway says: Party of the feed.';
COMMENT ON COLUMN governance.alarm.owner IS 'Owner, as the gateway says: Party of the feed.';
COMMENT ON COLUMN governance.alarm.maintainer IS 'Maintenance unit, as the gateway says: Party of the feed.';
COMMENT ON COLUMN governance.alarm.longitude IS 'Degrees east, WGS 84, converted from what the gateway says.';
COMMENT ON COLUMN governance.alarm.latitude IS 'Degrees north, WGS 84.';
COMMENT ON COLUMN governance.alarm.told_grid IS '15-digit unit grid, as the gateway says.';
COMMENT ON COLUMN governance.alarm.told_street IS 'Street, as the gateway says.';
COMMENT ON COLUMN governance.alarm.community_code IS 'Community, as the gateway says.';
COMMENT ON COLUMN governance.alarm.place IS 'Place of the feed as JSON.';
COMMENT ON COLUMN governance.alarm.grid IS '15-digit unit grid where the registry has the component, else as told: kept here so that an index finds what is wrong in a grid.';
COMMENT ON COLUMN governance.alarm.street IS 'Street where the registry has the component, else as told.';
COMMENT ON COLUMN governance.alarm.raised_at IS 'Of this raise, by the gateway''s clock; null: it was unknown.';
COMMENT ON COLUMN governance.alarm.raised_boot IS 'Boot in which it was raised.';
COMMENT ON COLUMN governance.alarm.raised_monotonic_us IS 'Monotonic time at which it was raised.';
COMMENT ON COLUMN governance.alarm.cleared_at IS 'Of the last clear; null while active or when the clock was unknown.';
COMMENT ON COLUMN governance.alarm.cleared_boot IS 'Boot in which it cleared.';
COMMENT ON COLUMN governance.alarm.cleared_monotonic_us IS 'Monotonic time at which it cleared.';
COMMENT ON COLUMN governance.alarm.acknowledged_at IS 'Of the last acknowledgement of this raise.';
COMMENT ON COLUMN governance.alarm.acknowledged_boot IS 'Boot in which it was acknowledged.';
COMMENT ON COLUMN governance.alarm.acknowledged_monotonic_us IS 'Monotonic time at which it was acknowledged.';
COMMENT ON COLUMN governance.alarm.acknowledged_by IS 'Who: Actor of the feed.';
COMMENT ON COLUMN governance.alarm.evidence IS 'What the rule saw: Evidence of the feed.';
COMMENT ON COLUMN governance.alarm.why IS 'The installer''s reason for a setting of his own.';
COMMENT ON COLUMN governance.alarm.state IS 'The whole Alarm of the feed as JSON: what has no column yet is not lost.';
COMMENT ON COLUMN governance.alarm.received_at IS 'When the database got this state.';
CREATE INDEX alarm_standing_grid ON governance.alarm (grid, severity) WHERE NOT is_over;
CREATE INDEX alarm_standing_component ON governance.alarm (component) WHERE NOT is_over AND component <> '';
CREATE INDEX alarm_standing_gateway ON governance.alarm (gateway) WHERE NOT is_over;
CREATE INDEX alarm_ended ON governance.alarm (received_at) WHERE is_over;
CREATE INDEX alarm_standing_class ON governance.alarm (substr(component, 7, 4)) WHERE NOT is_over;
CREATE INDEX alarm_standing_street ON governance.alarm (street) WHERE NOT is_over;

CREATE TABLE governance.alarm_event (
    gateway text NOT NULL,
    epoch int8 NOT NULL,
    sequence int8 NOT NULL,
    start int8 NOT NULL,
    alarm text NOT NULL,
    revision int8 NOT NULL,
    kind int2 NOT NULL,
    is_over boolean NOT NULL,
    is_volatile boolean NOT NULL,
    severity int2 NOT NULL,
    at timestamptz,
    boot uuid,
    monotonic_us int8,
    actor jsonb NOT NULL DEFAULT '{}',
    evidence jsonb,
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (gateway, epoch, sequence)
);
COMMENT ON TABLE governance.alarm_event IS 'Every transition of every alarm, once. Not partitioned: its time may be unknown when it comes, and its key must not depend on it; there are few.';
COMMENT ON COLUMN governance.alarm_event.gateway IS 'Who judges the alarm.';
COMMENT ON COLUMN governance.alarm_event.epoch IS 'Of the record''s identity.';
COMMENT ON COLUMN governance.alarm_event.sequence IS 'Of the record''s identity.';
COMMENT ON COLUMN governance.alarm_event.start IS 'Start number of the run.';
COMMENT ON COLUMN governance.alarm_event.alarm IS 'Which alarm.';
COMMENT ON COLUMN governance.alarm_event.revision IS 'Of the alarm after the transition.';
COMMENT ON COLUMN governance.alarm_event.kind IS 'TransitionKind of the feed: 1 raised, 2 cleared, 3 acknowledged, 4 reset, 5 severity changed, 6 uncertain, 7 certain, 8 removed.';
COMMENT ON COLUMN governance.alarm_event.is_over IS 'The alarm is over with it.';
COMMENT ON COLUMN governance.alarm_event.is_volatile IS 'It came before the gateway''s disk had it.';
COMMENT ON COLUMN governance.alarm_event.severity IS 'Of the alarm after the transition.';
COMMENT ON COLUMN governance.alarm_event.at IS 'By the gateway''s clock; null: it was unknown (alarm_history adds the clock fix).';
COMMENT ON COLUMN governance.alarm_event.boot IS 'Boot in which it happened.';
COMMENT ON COLUMN governance.alarm_event.monotonic_us IS 'Monotonic time at which it happened.';
COMMENT ON COLUMN governance.alarm_event.actor IS 'Who caused it: Actor of the feed.';
COMMENT ON COLUMN governance.alarm_event.evidence IS 'What the rule saw then: Evidence of the feed.';
COMMENT ON COLUMN governance.alarm_event.received_at IS 'When the database got it.';
CREATE INDEX alarm_event_alarm ON governance.alarm_event (gateway, alarm, start, revision);
CREATE INDEX alarm_event_received ON governance.alarm_event USING brin (received_at);
CREATE INDEX alarm_event_raised ON governance.alarm_event (at) WHERE kind = 1;

CREATE TABLE governance.dispatch (
    gateway text NOT NULL,
    alarm text NOT NULL,
    number int4 NOT NULL,
    party text NOT NULL DEFAULT '',
    person text NOT NULL,
    channel text NOT NULL,
    told_at timestamptz NOT NULL,
    seen_at timestamptz,
    acknowledged_at timestamptz,
    handled_at timestamptz,
    closed_at timestamptz,
    archived_at timestamptz,
    notes jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(notes) = 'array'),
    PRIMARY KEY (gateway, alarm, number),
    FOREIGN KEY (gateway, alarm) REFERENCES governance.alarm ON DELETE CASCADE
);
COMMENT ON TABLE governance.dispatch IS 'Who was told of an alarm, and what they did. Written by the dispatch service.';
COMMENT ON COLUMN governance.dispatch.gateway IS 'Whose alarm.';
COMMENT ON COLUMN governance.dispatch.alarm IS 'Which alarm.';
COMMENT ON COLUMN governance.dispatch.number IS 'Counts the calls of one alarm, from 1.';
COMMENT ON COLUMN governance.dispatch.party IS 'Unit on duty (party.id).';
COMMENT ON COLUMN governance.dispatch.person IS 'Who was told, as the roster names them.';
COMMENT ON COLUMN governance.dispatch.channel IS 'How: page, robot, phone.';
COMMENT ON COLUMN governance.dispatch.told_at IS 'When it was sent.';
COMMENT ON COLUMN governance.dispatch.seen_at IS 'When it was opened.';
COMMENT ON COLUMN governance.dispatch.acknowledged_at IS 'When the person took it on.';
COMMENT ON COLUMN governance.dispatch.handled_at IS 'When the work was done.';
COMMENT ON COLUMN governance.dispatch.closed_at IS 'When the work was accepted.';
COMMENT ON COLUMN governance.dispatch.archived_at IS 'When the case was filed.';
COMMENT ON COLUMN governance.dispatch.notes IS 'Notes, oldest first: objects with at, by, text.';
