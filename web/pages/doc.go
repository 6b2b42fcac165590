// Package pages serves the employee pages below /m/: a card with everything that the suites' own cards can't
// take, the list of a person's work, and an instance with its timeline.
//
//	/m/c/{token}     one card for one person, opened by a signed address; with a verb it asks for just that act
//	/m/i/{instance}  an instance: the person's own card, and what happened so far
//	/m/tasks         what waits for me, what I started, what I decided
//
// A page is one more way to draw the neutral card. GET never changes anything: programs that preview links
// fetch them. Only a POST acts: it becomes an event like a press in a suite (connection "pages"), whose id
// follows from what the page carried, so that the same POST twice is one press. Everything works without
// JavaScript and without anything from another host.
package pages
