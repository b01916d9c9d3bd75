-- Takes maintenance away; partitions made so far stay.
DROP PROCEDURE governance.maintain, governance.compact;
DROP FUNCTION governance.place_alarms, governance.retain, governance.empty_partition, governance.compact_hour,
    governance.make_partitions, governance.make_partition, governance.setting;
