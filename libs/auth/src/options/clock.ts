/** The time, in milliseconds since the epoch. Where instances share a clock, it is that one. */
export type Clock = () => number;
