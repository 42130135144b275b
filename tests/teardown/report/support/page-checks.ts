import { readFileSync } from "node:fs";

const inPage = (name: string) => readFileSync(new URL(`./in-page/${name}`, import.meta.url), "utf8");

/** Expressions for a tab: what is wrong with the page that it shows. */
export const findLowContrast: string = inPage("contrast.js");
export const findOverflow: string = inPage("overflow.js");
