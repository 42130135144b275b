import { expect } from "chai";
import { isSecretName, looksSecret } from "../mask.ts";
import {
  application,
  changesBetween,
  renderHtml,
  renderJson,
  renderMarkdown,
  renderText,
  reportOf,
} from "./support/bundles.ts";

describe("masking secrets", () => {
  it("knows secrets by their option's name", () => {
    const secret = [
      "admin-password",
      "rabbit_password",
      "passwords",
      "db-pass",
      "ssl_ca",
      "ssl_key",
      "ssl-cert",
      "auth-token",
      "ldap-secret",
      "api-key",
      "monitor-secret",
      "lb-mgmt-issuing-ca-key-passphrase",
      "AWS_SECRET",
      "credentials",
    ];
    const open = [
      "debug",
      "openstack-origin",
      "use-keystone-v3",
      "enable-keystone",
      "keymap",
      "osd-devices",
      "bypass-check",
      "region",
      "compass",
    ];
    expect(secret.filter((name) => !isSecretName(name))).to.deep.equal([]);
    expect(open.filter((name) => isSecretName(name))).to.deep.equal([]);
  });

  it("knows secrets by what they look like", () => {
    const begin = "-----BEGIN RSA PRIVATE KEY-----";
    const secret = [
      begin,
      Buffer.from(begin).toString("base64"),
      "http://me:pw@proxy:3128",
      "a=1,rabbit_password=x",
      '{"token": "x"}',
    ];
    const open = ["http://proxy:3128", "/dev/sdb", "physnet1:br-ex", "cloud:jammy-caracal", "a@b.c"];
    expect(secret.filter((text) => !looksSecret(text))).to.deep.equal([]);
    expect(open.filter((text) => looksSecret(text))).to.deep.equal([]);
  });

  it("says that a secret changed, came or went, and shows an open value beside it", () => {
    const old = application("options: {admin-password: first-secret, debug: false, ssl_key: gone-secret}");
    const current = application(
      "options: {admin-password: other-secret, debug: true, auth-token: new-secret}",
    );
    const text = renderText(reportOf(old, current));
    expect(text).to.match(/admin-password +changed \(masked\)/);
    expect(text).to.match(/ssl_key +removed \(masked\)/);
    expect(text).to.match(/auth-token +added \(masked\)/);
    expect(text).to.match(/debug +false → true/);
  });

  it("shows no secret in any output, also where it is repeated or belongs to a new application", () => {
    const old = application("options: {admin-password: s3cr3t-value, flags: none}");
    const current = `${application("options: {admin-password: s3cr3t-other, flags: 'x s3cr3t-other y'}")}  vault: {charm: vault, options: {root-token: s3cr3t-third}}\n`;
    const report = reportOf(old, current);
    expect(report.changes).to.have.length(3);
    for (const output of [
      renderText(report),
      renderJson(report),
      renderMarkdown(report),
      renderHtml(report),
    ]) {
      expect(output).to.include("admin-password").and.to.include("flags").and.to.include("root-token");
      expect(output).not.to.include("s3cr3t");
    }
  });

  it("keeps the masked text out of the changes themselves", () => {
    const [change] = changesBetween(
      application("options: {ssl_ca: aaaaaa}"),
      application("options: {ssl_ca: bbbbbb}"),
    );
    expect(change).to.deep.include({ old: { state: "masked" }, new: { state: "masked" } });
  });

  it("masks by what a value looks like, under an open name", () => {
    const proxy = (url: string): string => application(`options: {http-proxy: '${url}'}`);
    const [open] = changesBetween(proxy("http://a:3128"), proxy("http://b:3128"));
    expect(open).to.deep.include({ new: { state: "value", text: "http://b:3128" } });
    const [masked] = changesBetween(proxy("http://a:3128"), proxy("http://me:pw@b:3128"));
    expect(masked).to.deep.include({ new: { state: "masked" } });
  });

  it("shows true and false under any name", () => {
    const [change] = changesBetween(
      application("options: {use-token: true}"),
      application("options: {use-token: false}"),
    );
    expect(change).to.deep.include({
      old: { state: "value", text: "true" },
      new: { state: "value", text: "false" },
    });
  });
});
