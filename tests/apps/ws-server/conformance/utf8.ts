/** Family 6 of the Autobahn test suite: what is UTF-8 and what is not. Sequences as hex, by the sections of the suite. */

/** 6.2, 6.5, 6.7, 6.9, 6.11, 6.22, 6.23: valid. */
export const VALID: readonly string[] = [
  // κόσμε, in the suite's spelling
  'cebae1bdb9cf83cebcceb5',
  // Hello-µ@ßöäüàá-UTF-8!!
  '48656c6c6f2dc2b540c39fc3b6c3a4c3bcc3a0c3a12d5554462d382121',
  // first and last code points of each length; U+0000 may not stand in JSON
  '01',
  '7f',
  'c280',
  'dfbf',
  'e0a080',
  'efbfbf',
  'f0908080',
  'f48fbfbf',
  // around the surrogates, and the replacement character
  'ed9fbf',
  'ee8080',
  'efbfbd',
  // noncharacters are valid
  'efbfbe',
  'f09fbfbe',
  'f09fbfbf',
  'f0afbfbe',
  'f0afbfbf',
  'f3bfbfbe',
  'f3bfbfbf',
  'f48fbfbe',
];

/** 6.3, 6.6, 6.8, 6.10, 6.12 to 6.21: invalid. */
export const INVALID: readonly string[] = [
  // a surrogate among good ones
  'cebae1bdb9cf83cebcceb5eda080656469746564',
  // beyond U+10FFFF, in four, five and six bytes
  'f4908080',
  'f7bfbfbf',
  'f888808080',
  'fbbfbfbfbf',
  'fc8480808080',
  'fdbfbfbfbfbf',
  // lonely continuations
  '80',
  'bf',
  '80bf',
  '80bf80',
  '80bf80bf80bf80',
  '808182bebf',
  // lonely starts
  'c020c120df20',
  'e020e120ef20',
  'f020f420f720',
  'f820fb20',
  'fc20fd20',
  // the last continuation is missing
  'c0',
  'e080',
  'f08080',
  'f8808080',
  'fc80808080',
  'df',
  'efbf',
  'f7bfbf',
  'fbbfbfbf',
  'fdbfbfbfbf',
  'c0e080f08080f8808080fc80808080dfefbff7bfbffbbfbfbffdbfbfbfbf',
  // impossible bytes
  'fe',
  'ff',
  'fefeffff',
  // overlong
  'c0af',
  'e080af',
  'f08080af',
  'f8808080af',
  'fc80808080af',
  'c1bf',
  'e09fbf',
  'f08fbfbf',
  'f887bfbfbf',
  'fc83bfbfbfbf',
  'c080',
  'e08080',
  'f0808080',
  'f880808080',
  'fc8080808080',
  // surrogates, alone and in pairs
  'eda080',
  'edadbf',
  'edae80',
  'edafbf',
  'edb080',
  'edbe80',
  'edbfbf',
  'eda080edb080',
  'eda080edbfbf',
  'edadbfedb080',
  'edadbfedbfbf',
  'edae80edb080',
  'edafbfedbfbf',
];
