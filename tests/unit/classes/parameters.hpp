#pragma once

/// What the simulated places are like: noise, drift, weather, and how the dangers look. Written down before
/// the rules and classes were tuned and not changed for their sake: a class that cannot tell these dangers
/// from this noise is to be mended, not this file. Where no source gives a number it is what such sensors and
/// places are commonly like.
namespace gengfu::test::place {

// ------------------------------------------------------------------------------------------ the day and line
constexpr double kDaySeconds = 86'400;
constexpr double kTemperatureMean = 24;  ///< °C, air
constexpr double kTemperatureSwing = 8;  ///< °C, half of the way from night to noon
constexpr double kHumidityMean = 0.65;   ///< share; runs against the temperature
constexpr double kHumiditySwing = 0.25;
constexpr double kSampleLost = 0.02;  ///< share of turns of a device that go unanswered
constexpr double kBurstsPerDay = 4;   ///< a device that cannot be reached for a while ...
constexpr double kBurstLongest = 20;  ///< ... seconds, at most
constexpr double kJitter = 0.05;      ///< of the interval, one sigma

// ------------------------------------------------------------------------------------------ electrical fire
constexpr double kLeakageDry = 60;           ///< mA, natural leakage; 100 to 200 is the most that is natural
constexpr double kLeakageWet = 70;           ///< mA more at full humidity
constexpr double kLeakageNoise = 2.5;        ///< mA, one sigma
constexpr double kLeakageSpikesPerDay = 30;  ///< motors and lamps switched on: one sample ...
constexpr double kLeakageSpike = 220;        ///< ... of so much more, mA
constexpr double kCableOverAir = 14;         ///< °C above air at full load
constexpr double kCableNoise = 0.3;          ///< °C
constexpr double kFaultRise = 25;            ///< mA a second: insulation breaking down
constexpr double kFaultLeakage = 420;        ///< mA, where it ends
constexpr double kCreepPerHour = 25;         ///< mA an hour: insulation getting wet
constexpr double kHotJointPerMinute = 8;     ///< °C a minute
constexpr double kHotJointEnd = 95;          ///< °C

// ------------------------------------------------------------------------------------------ manhole cover
constexpr double kGravityNoise = 0.006;       ///< g, an axis
constexpr double kGravityPerDegree = 0.0004;  ///< g of zero drift a °C
constexpr double kMountTilt = 4;              ///< degrees at most between the cover's axis and the sensor's
constexpr double kWheelsPerDay = 600;  ///< vehicles over the cover: a sample or two that is shaken by ...
constexpr double kWheelShake = 0.5;    ///< ... so many g, one sigma an axis
constexpr double kKickDegrees = 25;    ///< a kick or a rattling cover: so far for ...
constexpr double kKickSeconds = 2;
constexpr double kLiftDegrees = 40;         ///< lifted by a bar
constexpr double kSlowLiftPerMinute = 1.5;  ///< degrees: eased up so as not to be noticed
constexpr double kOverturned = 170;         ///< degrees

// ------------------------------------------------------------------------------------------ fire lane
constexpr double kFieldX = 210, kFieldY = -90, kFieldZ = 380;  ///< counts, the earth's field at the lane
constexpr double kFieldNoise = 5;                              ///< counts an axis
constexpr double kFieldPerDegree = 1.2;  ///< counts a °C, with a sign of its own for each axis
constexpr double kPassesPerDay = 200;    ///< vehicles that pass: ...
constexpr double kPassPeak = 220;        ///< ... so many counts for ...
constexpr double kPassSeconds = 4;
constexpr double kBesidePeak = 30;  ///< a vehicle parked in the next lane, counts
constexpr double kBesidePerDay = 6;
constexpr double kBesideMinutes = 90;
constexpr double kStopsPerDay = 20;  ///< a vehicle that lets somebody out: on the lane for ...
constexpr double kStopSeconds = 70;
constexpr double kParkedX = 140, kParkedY = 60, kParkedZ = -160;  ///< counts that a parked car adds

// ------------------------------------------------------------------------------------------ wells and roads
constexpr double kWellLevel = 0.6;    ///< m, dry weather
constexpr double kWellDaily = 0.15;   ///< m up and down with the day's use of water
constexpr double kWellNoise = 0.01;   ///< m
constexpr double kWellDepth = 3.0;    ///< m to the ground
constexpr double kShowersPerDay = 2;  ///< ordinary rain
constexpr double kShowerRise = 0.5;   ///< m at its height, over ...
constexpr double kShowerMinutes = 50;
constexpr double kSurchargePerMinute = 0.06;  ///< m: a cloudburst
constexpr double kBlockagePerMinute = 0.02;   ///< m: fills behind a blockage, below it nothing comes
constexpr double kRoadPond = 0.03;            ///< m, puddles of a shower
constexpr double kRoadFloodPerMinute = 0.02;  ///< m
constexpr double kCoverPond = 0.12;           ///< m of water above a cover

// ------------------------------------------------------------------------------------------ mains
constexpr double kPressure = 0.32;       ///< MPa
constexpr double kPressureDaily = 0.04;  ///< MPa less at the peaks of use
constexpr double kPressureNoise = 0.003;
constexpr double kHammersPerDay = 20;  ///< water hammer: one sample of ...
constexpr double kHammer = 0.07;       ///< ... MPa more or less
constexpr double kFlowNight = 4;       ///< m3/h at 3 in the morning
constexpr double kFlowDay = 40;        ///< m3/h at the peaks
constexpr double kFlowNoise = 0.4;
constexpr double kBurstPressureFall = 0.12;  ///< MPa within 20 s, with ...
constexpr double kBurstFlow = 60;            ///< ... so much more m3/h
constexpr double kNightLeak = 14;            ///< m3/h that runs away at all hours
constexpr double kBackflow = -6;             ///< m3/h
constexpr double kMeterNoise = 0.0;          ///< totals are exact

// ------------------------------------------------------------------------------------------ gas and smoke
constexpr double kH2sNoise = 0.3;  ///< ppm; small negative values are zero drift
constexpr double kH2sSewer = 1.5;  ///< ppm, when the sewer breathes at the day's peaks
constexpr double kH2sDanger = 25;  ///< ppm, reached within ...
constexpr double kGasRiseSeconds = 60;
constexpr double kCombustibleNoise = 0.4;  ///< %LEL
constexpr double kCombustibleDrift = 2;    ///< %LEL with heat
constexpr double kCombustibleDanger = 30;
constexpr double kOxygen = 20.9;  ///< %
constexpr double kOxygenNoise = 0.1;
constexpr double kOxygenDanger = 17;
constexpr double kWarmUpSeconds = 180;  ///< after a detector's power cut, one a day

// ------------------------------------------------------------------------------------------ electricity
constexpr double kVoltage = 222;     ///< V
constexpr double kVoltageDaily = 6;  ///< V less at the peaks
constexpr double kVoltageNoise = 0.6;
constexpr double kDipsPerDay = 12;    ///< a machine starts: one sample of ...
constexpr double kDip = 35;           ///< ... V less
constexpr double kOverVoltage = 255;  ///< V: a lost neutral
constexpr double kLoadKilowatts = 6;

}  // namespace gengfu::test::place
