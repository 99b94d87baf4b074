/** A header that is no page of whoever develops an app, where one address names another one of the same machine. */
export const FROM_ELSEWHERE: RegExp =
  /^(?!https?:\/\/(?:(?:[\w-]{1,63}\.)?localhost|127\.|0\.0\.0\.0|\[::1\]|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.))/i;
