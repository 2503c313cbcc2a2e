/**
 * Which version of this package calls: for the logs of services.
 *
 * @module
 */

/** As in `package.json`; a test compares them. */
export const toolVersion = "0.1.0";
