/** Runs a demo from the command line. What goes wrong is said in a line: mostly nobody listens at the URL. */
export async function runDemo(demo: () => Promise<unknown>): Promise<void> {
  try {
    await demo();
  } catch (error) {
    const { message, cause } = error as Error & { cause?: { code?: string; message?: string } };
    const reason = cause?.code ?? cause?.message;
    console.error(reason === undefined ? message : `${message}: ${reason}`);
    process.exitCode = 1;
  }
}
