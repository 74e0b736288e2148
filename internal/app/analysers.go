package app

// analysers lists what derives facts, in the order in which they run.
func analysers() []analyser {
	return []analyser{
		{"network", networkFacts},
		{"subscriptions", subscriptionFacts},
		{"backups", backupFacts},
		{"conditional access", conditionalAccessFacts},
		{"access", accessFacts},
	}
}
