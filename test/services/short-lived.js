/**
 * Options of V8 for processes that end soon. It optimizes, by default, much that then never runs often enough to pay for that: a fifth of
 * what tests of apps cost, a quarter of what a compiler costs. Node 24 has no such option: it optimizes by a cheaper compiler first.
 */
export const SHORT_LIVED = process.versions.node.startsWith('20.') ? ['--interrupt-budget=1000000'] : [];
