-- Takes the functions of gengfu-ingest away; the data stays.
DROP FUNCTION governance.put_abandoned, governance.put_audit, governance.put_clock_fix, governance.catalogue_points,
    governance.put_catalogue_part, governance.expand_catalogue, governance.take_catalogue, governance.put_birth,
    governance.put_alarm_state, governance.put_transition, governance.store_alarm, governance.is_superseded,
    governance.put_state, governance.heard, governance.meet, governance.confirmed, governance.claim,
    governance.location_of, governance.wgs84_of, governance.gcj02_of, governance.monotonic_of, governance.boot_of,
    governance.wall_of, governance.moment, governance.signed64;
