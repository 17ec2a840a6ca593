// Package conformance holds what is said to Box, and what the emulator answers,
// against Box's own description of its API. Only tests use it.
//
// The description is not ours to copy: tests read it from the path in
// BOX_OPENAPI, once for each test binary.
//
//	description, err := conformance.Load(path)
//	checker := description.Checker()
//	srv := httptest.NewServer(checker.Wrap(box))
//	// … let a client work against srv.URL …
//	for _, v := range checker.Violations() {
//		t.Error(v)
//	}
//
// # What is checked
//
// Somebody else's library (kin-openapi) reads the description and checks types,
// enumerations, lengths, formats and required fields on both sides. What it
// leaves alone is checked here: parameters, body fields, answer fields and names
// in `fields` that the description does not name; bodies where none belongs, or
// none where one does; statuses that are not listed; answers that break off.
//
// # What is allowed
//
// Box differs from its description, and the description from itself. Each such
// difference stands in [Deviations], with its source, and nothing else is let
// pass. [Checker.Used] tells which of them occurred, so that a test can fail on
// one that never does.
package conformance
