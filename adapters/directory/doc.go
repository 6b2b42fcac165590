// Package directory keeps people fresh: it pulls users and departments of every connection into the store,
// in full from time to time and one by one when the suite says that somebody changed, and links the
// accounts of several suites to one person.
//
// Accounts are linked by employee number, e-mail and mobile number, in the configured order, never by name:
// two people may have the same one. An account whose keys point to two persons is linked to neither and is
// listed as a conflict; so is a second account of a person in one connection. What a person has decided about an
// account stands. A change names the revision it was worked out from, and is worked out again when somebody else
// was faster. A pull that fails half way changes nothing.
package directory
