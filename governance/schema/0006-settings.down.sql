-- Takes the checks of settings away; their values stay.
DROP TRIGGER is_sound ON governance.setting;
DROP TRIGGER is_needed ON governance.setting;
DROP FUNCTION governance.check_setting, governance.setting_limits;
