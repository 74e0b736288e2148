package fn

import (
	"maps"
	"strings"
	"sync"
)

// The units are those of Kusto's convert functions. A list gives each unit's
// size in the base unit; names are matched as written.
var unitFuncs = []Func{
	convertFunc("angle", "angles", `convert_angle(1.2, "Degree", "Arcminute")`, `72.0`, angleUnits),
	convertFunc("energy", "amounts of energy", `convert_energy(1, "KilowattHour", "Joule")`, `3600000.0`, energyUnits),
	convertFunc("force", "forces", `convert_force(1.2, "Newton", "Decanewton")`, `0.12`, forceUnits),
	convertFunc("length", "lengths", `convert_length(1.2, "Foot", "Inch")`, `14.400000000000002`, lengthUnits),
	convertFunc("mass", "masses", `convert_mass(1.2, "Kilogram", "Pound")`, `2.6455471462185307`, massUnits),
	convertFunc("speed", "speeds", `convert_speed(36, "KilometerPerHour", "MeterPerSecond")`, `10.0`, speedUnits),
	convertFunc("volume", "volumes", `convert_volume(1.2, "CubicMeter", "AcreFoot")`, `0.0009728568`, volumeUnits),
	{Name: "convert_temperature", Doc: "Converts temperatures from one unit to another; null for a unit that is not known.",
		Sigs: []Sig{{"(value: real, from: string, to: string): real", Map3(func(x float64, from, to string) (float64, bool) {
			a, ok1 := temperatures[from]
			b, ok2 := temperatures[to]
			if !ok1 || !ok2 {
				return 0, false
			}
			if from == to {
				return x, true
			}
			return (x*a.size + a.zero - b.zero) / b.size, true
		})}},
		Ex: []Example{{`convert_temperature(1.2, "Kelvin", "DegreeCelsius")`, `-271.95`}, {`round(convert_temperature(100, "DegreeCelsius", "DegreeFahrenheit"), 6)`, `212.0`}}},
}

func convertFunc(quantity, many, call, want string, units func() map[string]float64) Func {
	return Func{Name: "convert_" + quantity, Doc: "Converts " + many + " from one unit to another; null for a unit that is not known.",
		Sigs: []Sig{{"(value: real, from: string, to: string): real", Map3(func(x float64, from, to string) (float64, bool) {
			a, ok1 := units()[from]
			b, ok2 := units()[to]
			if from == to {
				return x, ok1
			}
			return x * (a / b), ok1 && ok2
		})}}, Ex: []Example{{call, want}, {strings.Replace(call, `", "`, `", "x`, 1), `null`}}}
}

var metric = map[string]float64{"Nano": 1e-9, "Micro": 1e-6, "Milli": 1e-3, "Centi": 1e-2, "Deci": 1e-1, "Deca": 10, "Hecto": 100,
	"Kilo": 1e3, "Mega": 1e6, "Giga": 1e9, "Tera": 1e12}

// units joins plain units and those with prefixes: "Gram" with the prefixes
// "Kilo Milli" is Kilogram and Milligram.
func units(plain map[string]float64, prefixed map[string]string) func() map[string]float64 {
	return sync.OnceValue(func() map[string]float64 {
		out := maps.Clone(plain)
		for n, prefixes := range prefixed {
			for p := range strings.FieldsSeq(prefixes) {
				out[p+strings.ToLower(n[:1])+n[1:]] = metric[p] * plain[n]
			}
		}
		return out
	})
}

const turn = 6.283185307179586476925286766559

var angleUnits = units(map[string]float64{"Radian": 1, "Degree": turn / 360, "Arcminute": turn / 360 / 60, "Arcsecond": turn / 360 / 3600,
	"Gradian": turn / 400, "NatoMil": turn / 6400, "Revolution": turn, "Tilt": turn / 4},
	map[string]string{"Radian": "Centi Deci Micro Milli Nano", "Degree": "Micro Milli Nano"})

const (
	btu  = 1055.05585262
	foot = 0.3048
	lbf  = 4.4482216152605
)

var energyUnits = units(map[string]float64{"Joule": 1, "BritishThermalUnit": btu, "Calorie": 4.184, "ElectronVolt": 1.602176565e-19, "Erg": 1e-7,
	"FootPound": 1.355817948, "HorsepowerHour": 2.6845195376962e6, "ThermEc": 1.05505585262e8, "ThermImperial": 1.05505585257348e8, "ThermUs": 1.054804e8,
	"WattDay": 86400, "WattHour": 3600},
	map[string]string{"Joule": "Giga Kilo Mega Milli", "BritishThermalUnit": "Giga Kilo Mega", "Calorie": "Kilo Mega", "ElectronVolt": "Giga Kilo Mega Tera",
		"ThermEc": "Deca", "ThermImperial": "Deca", "ThermUs": "Deca", "WattDay": "Giga Kilo Mega Tera", "WattHour": "Giga Kilo Mega Tera"})

var forceUnits = units(map[string]float64{"Newton": 1, "Dyn": 1e-5, "KilogramForce": 9.80665, "KiloPond": 9.80665, "TonneForce": 9806.65, "OunceForce": lbf / 16,
	"Poundal": 0.138254954376, "PoundForce": lbf, "ShortTonForce": 2000 * lbf},
	map[string]string{"Newton": "Deca Kilo Mega Micro Milli", "PoundForce": "Kilo"})

var lengthUnits = units(map[string]float64{"Meter": 1, "Angstrom": 1e-10, "AstronomicalUnit": 1.4959787070e11, "Chain": 20.1168, "DataMile": 1828.8,
	"DtpPica": 1 / 236.220472441, "DtpPoint": 0.0254 / 72, "Fathom": 1.8288, "Foot": foot, "Hand": 0.1016, "Inch": 0.0254, "LightYear": 9.46073047258e15,
	"Microinch": 2.54e-8, "Mil": 2.54e-5, "Mile": 1609.344, "NauticalMile": 1852, "Parsec": 3.08567758128e16, "PrinterPica": 1 / 237.106301584,
	"PrinterPoint": 0.0254 / 72.27, "Shackle": 27.432, "SolarRadius": 6.95510000e8, "Twip": 1 / 56692.913385826, "UsSurveyFoot": 1200.0 / 3937, "Yard": 0.9144,
	"KilolightYear": 9.46073047258e18, "MegalightYear": 9.46073047258e21},
	map[string]string{"Meter": "Centi Deca Deci Hecto Kilo Micro Milli Nano", "Parsec": "Kilo Mega"})

const pound = 0.45359237

var massUnits = units(map[string]float64{"Gram": 1e-3, "EarthMass": 5.9722e24, "Grain": 64.79891e-6, "LongHundredweight": 112 * pound, "LongTon": 2240 * pound,
	"Ounce": pound / 16, "Pound": pound, "ShortHundredweight": 100 * pound, "ShortTon": 2000 * pound, "Slug": 14.593902937206, "SolarMass": 1.98947e30, "Stone": 14 * pound,
	"Tonne": 1e3, "Kilogram": 1},
	map[string]string{"Gram": "Centi Deca Deci Hecto Micro Milli Nano", "Pound": "Kilo Mega", "Tonne": "Kilo Mega"})

var speedUnits = sync.OnceValue(func() map[string]float64 {
	out := map[string]float64{"Knot": 1852.0 / 3600}
	for n, f := range lengthUnits() {
		out[n+"PerSecond"], out[n+"PerMinute"], out[n+"PerHour"] = f, f/60, f/3600
	}
	return out
})

const (
	liter   = 1e-3
	gallon  = 0.003785411784
	cubicFt = 0.028316846592
	imperal = 0.00454609
)

var volumeUnits = units(map[string]float64{"Liter": liter, "CubicMeter": 1, "AcreFoot": 1233.4806109182769, // whose inverse is 0.000810714
	"AuTablespoon": 2e-5, "BoardFoot": cubicFt / 12,
	"CubicCentimeter": 1e-6, "CubicDecimeter": 1e-3, "CubicFoot": cubicFt, "CubicHectometer": 1e6, "CubicInch": 1.6387064e-5, "CubicKilometer": 1e9,
	"CubicMicrometer": 1e-18, "CubicMile": 4.168181825440579584e9, "CubicMillimeter": 1e-9, "CubicYard": 0.764554857984, "DecausGallon": 10 * gallon, "DeciusGallon": gallon / 10,
	"HectocubicFoot": 100 * cubicFt, "HectocubicMeter": 100, "HectousGallon": 100 * gallon, "ImperialBeerBarrel": 0.16365924, "ImperialGallon": imperal, "ImperialOunce": imperal / 160,
	"ImperialPint": imperal / 8, "KilocubicFoot": 1e3 * cubicFt, "KilocubicMeter": 1e3, "KiloimperialGallon": 1e3 * imperal, "KilousGallon": 1e3 * gallon,
	"MegacubicFoot": 1e6 * cubicFt, "MegaimperialGallon": 1e6 * imperal, "MegausGallon": 1e6 * gallon, "MetricCup": 0.00025, "MetricTeaspoon": 0.5e-5,
	"OilBarrel": 42 * gallon, "UkTablespoon": 1.5e-5, "UsBeerBarrel": 31 * gallon, "UsCustomaryCup": gallon / 16, "UsGallon": gallon, "UsLegalCup": 0.00024,
	"UsOunce": gallon / 128, "UsPint": gallon / 8, "UsQuart": gallon / 4, "UsTablespoon": gallon / 256, "UsTeaspoon": gallon / 768},
	map[string]string{"Liter": "Centi Deca Deci Hecto Kilo Mega Micro Milli"})

// temperatures are x*size+zero kelvins.
var temperatures = map[string]struct{ size, zero float64 }{
	"Kelvin": {1, 0}, "DegreeCelsius": {1, 273.15}, "MillidegreeCelsius": {1e-3, 273.15}, "DegreeFahrenheit": {5.0 / 9, 459.67 * 5 / 9}, "DegreeRankine": {5.0 / 9, 0},
	"DegreeDelisle": {-2.0 / 3, 373.15}, "DegreeNewton": {100.0 / 33, 273.15}, "DegreeReaumur": {1.25, 273.15}, "DegreeRoemer": {40.0 / 21, 273.15 - 7.5*40/21},
	"SolarTemperature": {5778, 0},
}
