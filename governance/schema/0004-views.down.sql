-- Takes views and questions away; the data stays.
DROP VIEW governance.registry_difference, governance.gateway_trouble, governance.alarm_response, governance.alarm_history,
    governance.alarm_now, governance.point_history, governance.sample_unplaced, governance.sample;
DROP INDEX governance.component_position;
DROP INDEX IF EXISTS governance.component_geography;
DROP FUNCTION governance.eemua, governance.response_by_maintainer, governance.use_postgis, governance.near,
    governance.component_now, governance.last_sample, governance.samples_by, governance.samples, governance.point_number,
    governance.place_time, governance.reason_word, governance.quality_word, governance.transition_word,
    governance.severity_word;
