-- Takes every table of the governance database away, and with them all that they hold.
DROP TABLE governance.dispatch, governance.alarm_event, governance.alarm, governance.sample_text,
    governance.sample_clockless, governance.sample_hour, governance.sample_recent, governance.clock_fix,
    governance.audit, governance.abandoned, governance.parked, governance.quarantine, governance.ledger,
    governance.catalogue_point, governance.point, governance.number_scale, governance.gateway_party,
    governance.device, governance.catalogue_part, governance.catalogue, governance.gateway, governance.component,
    governance.party, governance.component_class, governance.setting;
