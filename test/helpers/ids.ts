import fc from 'fast-check'

/** Ids that have broken somebody's store: paths, devices, twins in case and in Unicode, halves of characters, long ones. */
export const hostileIds: readonly string[] = [
  'a', 'A', 'aa', 'a-a', 'a_a', 'a_0041', '_0041', '_', '-', '', ' ', 'a ', 'a.', '.a', '.', '..', '...',
  '../x', '../../etc/passwd', '..\\x', 'a/b', 'a\\b', '/', '\\', '//', './a', 'a/../b', 'C:', 'C:\\x', 'file:stream', '\\\\host\\share',
  '%2f', '%2F', '%2e%2e%2f', '%00', '\0', 'a\0', 'a\0b', '\n', '\r\n', '\u001b[0m', '\u007f', '\u0085',
  'con', 'CON', 'nul', 'NUL', 'aux', 'prn', 'com1', 'COM¹', 'lpt9', 'con.jpg', 'nul ', 'conin$',
  '-rf', '~', '~root', '$HOME', '$(id)', '`id`', '*', '?', '<', '>', '|', '"', "'", ';', '&', '#', '@', '+', '=', 'a=', 'a+/=',
  'user-a', 'group-a', 'contact-a', 'tenant-a', 'user-a/contact-a', 'contact.a', 'a.jpg', 'a.jpg.1',
  '__proto__', 'constructor', 'undefined', 'null',
  'é', 'e\u0301', 'É', 'E\u0301', '\u00c5', '\u212b', 'A\u030a', 'K', 'k', '\u212a', 'ſ', 's', 'ß', 'ss', 'SS', 'ẞ', 'İ', 'i\u0307', 'I', 'i', 'ı',
  'Σ', 'σ', 'ς', 'ﬁ', 'fi', '①', '1', 'ａ', '가', '\u1100\u1161', '\u200b', 'a\u200b', 'a\u200d', '\ufeffa', '\u202ea', '\u2028', '．．／', 'a⁄b',
  '😀', '\ud83d', '\ude00', '\ude00\ud83d', '👩‍👩‍👧', '\uffff', '\ufffd',
  'x'.repeat(128), 'x'.repeat(129), 'X'.repeat(25), 'X'.repeat(26), 'x'.repeat(500), 'x'.repeat(499) + 'X', 'X'.repeat(500), '😀'.repeat(250), '../'.repeat(170)
]

const unit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code))

/** Any string at all, the above more often, and many whose names are about as long as a name may be. */
export const anyId = fc.oneof(
  fc.constantFrom(...hostileIds),
  fc.string({ unit, maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({ unit: fc.constantFrom(...'aA_-.%/\\0é'), maxLength: 12 }),
  fc.string({ unit: fc.constantFrom('a', '-', 'A'), minLength: 100, maxLength: 140 }),
  fc.string({ unit, minLength: 400, maxLength: 600 })
)
