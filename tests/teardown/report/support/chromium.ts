import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inflate } from "@sparticuz/chromium";
import { chromium, type Page } from "playwright-core";

/** A running browser; each page that it opens has a context of its own. */
export type Browser = {
  open: (markup: string, view: { width: number; scheme: "light" | "dark" }) => Promise<Page>;
  close: () => Promise<void>;
};

const packed = (name: string): string =>
  fileURLToPath(new URL(`../bin/${name}`, import.meta.resolve("@sparticuz/chromium")));

/** Unpacks the npm package's browser, its libraries and its fonts: what the machine has installed does not matter. */
const unpackTo = async (folder: string): Promise<void> => {
  // The package unpacks to the temporary folder and takes whatever is already there under its names.
  const before = process.env.TMPDIR;
  process.env.TMPDIR = folder;
  try {
    await Promise.all(["chromium.br", "al2023.tar.br", "fonts.tar.br"].map((name) => inflate(packed(name))));
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
  // The package's own fonts.conf looks in /tmp/fonts.
  const fonts = `<dir>${join(folder, "fonts")}</dir><cachedir>${join(folder, "cache")}</cachedir>`;
  writeFileSync(join(folder, "fonts.conf"), `<fontconfig>${fonts}</fontconfig>\n`);
};

/** Starts a browser that shares nothing with others: a profile, libraries and fonts of its own. */
export const startChromium = async (): Promise<Browser> => {
  const folder = mkdtempSync(join(tmpdir(), "chromium-"));
  await unpackTo(folder);
  const browser = await chromium.launch({
    executablePath: join(folder, "chromium"),
    chromiumSandbox: false,
    args: ["--disable-gpu"],
    env: {
      HOME: folder,
      TMPDIR: folder,
      LD_LIBRARY_PATH: join(folder, "al2023", "lib"),
      FONTCONFIG_FILE: join(folder, "fonts.conf"),
    },
  });
  return {
    open: async (markup, { width, scheme }) => {
      const context = await browser.newContext({
        viewport: { width, height: 900 },
        isMobile: width < 500,
        colorScheme: scheme,
      });
      const page = await context.newPage();
      await page.setContent(markup);
      return page;
    },
    close: async () => {
      await browser.close();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
};
