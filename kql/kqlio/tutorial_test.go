package kqlio_test

import (
	"testing"

	"github.com/azward/azward/internal/testdata"
	"github.com/azward/azward/kql"
	"github.com/azward/azward/kql/kqlio"
)

// TestConformanceTutorial runs the queries of the Azure Data Explorer pages
// "Tutorial: Learn common operators" and "Tutorial: Use aggregation functions"
// over the tutorial's own table (here a part of its rows, so that only what
// they give, not the numbers, is compared).
func TestConformanceTutorial(t *testing.T) {
	z := testdata.Unzip(t, "kql", "StormEvents.csv.gz")
	loaded, err := kqlio.ReadCSV(z, ',', nil)
	if err != nil {
		t.Fatal(err)
	}
	db := kql.NewMemDatabase()
	db.Add("StormEvents", loaded.Table)
	passed := 0
	queries := []struct {
		text    string
		columns int
	}{
		{`StormEvents | count`, 1},
		{`StormEvents | take 5`, 22},
		{`StormEvents | take 5 | project State, EventType, DamageProperty`, 3},
		{`StormEvents | distinct EventType`, 1},
		{`StormEvents | where State == 'TEXAS' and EventType == 'Flood' | project StartTime, EndTime, State, EventType, DamageProperty`, 5},
		{`StormEvents | where State == 'TEXAS' | sort by DamageProperty | project StartTime, EndTime, State, EventType, DamageProperty`, 5},
		{`StormEvents | where State == 'TEXAS' | top 5 by DamageProperty | project StartTime, EndTime, State, EventType, DamageProperty`, 5},
		{`StormEvents | where State == 'TEXAS' | top 5 by DamageProperty desc | project StartTime, EndTime, Duration = EndTime - StartTime, DamageProperty`, 4},
		{`StormEvents | where State == 'TEXAS' | extend Duration = EndTime - StartTime | top 5 by Duration`, 23},
		{`let sourceMapping = dynamic({"Emergency Manager" : "Public", "Utility Company" : "Private"}); StormEvents | where Source == "Emergency Manager" or Source == "Utility Company" | project EventId, Source, FriendlyName = sourceMapping[Source]`, 3},
		{`StormEvents | summarize TotalStorms = count() by State`, 2},
		{`StormEvents | summarize TotalStorms = count() by State | render barchart`, 2},
		{`StormEvents | where StartTime between (datetime(2007-01-01) .. datetime(2007-12-31)) and DamageCrops > 0 | summarize EventCount = count() by bin(StartTime, 7d)`, 2},
		{`StormEvents | where DamageCrops > 0 | summarize MaxCropDamage=max(DamageCrops), MinCropDamage=min(DamageCrops), AvgCropDamage=avg(DamageCrops) by EventType | sort by AvgCropDamage`, 4},
		{`StormEvents | summarize StormsWithCropDamage = countif(DamageCrops > 0) by EventType | top 5 by StormsWithCropDamage`, 2},
		{`StormEvents | summarize TypesOfStorms=dcount(EventType) by State | sort by TypesOfStorms`, 2},
		{`StormEvents | where DeathsDirect > 0 or DeathsIndirect > 0 | extend Deaths = DeathsDirect + DeathsIndirect | summarize Deaths=sum(Deaths) by State | sort by Deaths`, 2},
		{`StormEvents | where State has "north" | summarize StormTypes = make_set(EventType) by State | project State, StormTypes`, 2},
		{`StormEvents | summarize InjuriesCount = sum(InjuriesDirect) by State | extend InjuriesBucket = case(InjuriesCount > 50, "Large", InjuriesCount > 10, "Medium", InjuriesCount > 0, "Small", "No injuries") | sort by State asc`, 3},
		{`let LightningStates = StormEvents | where EventType == "Lightning" | distinct State; StormEvents | where State in (LightningStates) | summarize count() by State`, 2},
		{`StormEvents | where EventType == "Lightning" | distinct State | join kind=inner (StormEvents | where EventType == "Avalanche" | distinct State) on State | project State`, 1},
		{`let damage = StormEvents | summarize TotalDamage = sum(DamageProperty + DamageCrops) by EventType; damage | extend Percentage = bin(100.0 * TotalDamage / toscalar(damage | summarize sum(TotalDamage)), 0.01) | top 10 by Percentage`, 3},
		{`StormEvents | summarize hint.strategy=shuffle count() by bin(StartTime, 1d) | summarize percentiles(count_, 5, 50, 95)`, 3},
		{`StormEvents | sort by StartTime asc | extend Gap = StartTime - prev(StartTime) | where Gap > 6h | project StartTime, Gap`, 2},
		{`StormEvents | make-series n=count() default=0 on StartTime from datetime(2007-01-01) to datetime(2008-01-01) step 7d by State | extend series_stats(n) | take 3`, 10},
	}
	for _, q := range queries {
		query, list := kql.Compile(q.text, db.Schema())
		if err := list.Err(); err != nil {
			t.Errorf("%s: %v", q.text, err)
			continue
		}
		res, err := query.Run(t.Context(), db, kql.Options{})
		if err != nil {
			t.Errorf("%s: %v", q.text, err)
			continue
		}
		b, err := res.Tables[0].All()
		switch {
		case err != nil:
			t.Errorf("%s: %v", q.text, err)
		case len(b.Cols) != q.columns:
			t.Errorf("%s: %d columns, want %d", q.text, len(b.Cols), q.columns)
		default:
			passed++
		}
	}
	t.Logf("conformance: queries of Microsoft's tutorial %d of %d", passed, len(queries))
}
