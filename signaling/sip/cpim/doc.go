// Package cpim reads and writes what instant messages are wrapped in: message/cpim (RFC 3862) with the notifications of RFC 5438 (IMDN), and
// the "is writing" of RFC 3994. It is pure.
//
//	body of a MESSAGE                               what it is
//	text/plain --------------------------- Text --> the words
//	message/cpim --Parse--> Message{headers, content}
//	                           | text/plain ------> the words; Asks says which notifications the sender wants
//	                           | message/imdn+xml --ParseNotification--> Notification{what became of an earlier message}
//	application/im-iscomposing+xml --ParseComposing--> Composing
//
// # One notification walked
//
// A page sends a text and wants to know whether it was read: Message.Write puts the text behind headers with a Message-ID and
// Disposition-Notification. The far phone answers with a message of its own, from which Parse takes the content and ParseNotification the
// Message-ID and the status "displayed". The other way round Notification.Write makes the document and Message.Write wraps it.
//
// Everything read comes from strangers: sizes and counts are bounded, XML is read without entities or nesting beyond what the documents
// have, and text is freed of control characters.
package cpim
