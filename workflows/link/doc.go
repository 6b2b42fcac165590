// Package link is what a person does about their own accounts in chat: they show that an account of another
// suite is theirs, and say where their cards go.
//
//	绑定             gives a one-time code, in one suite
//	绑定 12345678    uses it, in the other: from then on both accounts are one person
//	在这里收         cards go to the suite that it was written in
//
// A code has eight digits, lasts ten minutes, works once and only in another connection than the one that
// gave it. It is kept as a digest under the server's key. An account may try five times an hour. Codes are given
// and taken in a chat of their own with the bot: one that was written in a group is worthless from then on.
// Two whom the directories know to be two, by their employee numbers or by accounts in one suite, can't be
// made one this way; an administrator can.
package link
