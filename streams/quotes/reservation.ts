/** Where to quote, relative to the fair value, basis points. */
export interface ReservationQuote {
  /** Reservation price minus fair value: negative when long. */
  readonly skewBps: number;
  /** Half of the optimal spread around the reservation price. */
  readonly halfSpreadBps: number;
}
