import { agentNames } from './agent-names.js';

/** How tools that look for holes call themselves. Libraries that people also use for honest work (curl, python-requests) are not among them. */
const NAMES = `
  sqlmap, nikto, nmap, masscan, zgrab, nuclei, dirbuster, gobuster, feroxbuster, ffuf, wpscan,
  fuzz faster u fool, acunetix, nessus, openvas, arachni, w3af, havij, whatweb, jorgee, joomscan, commix,
  dirsearch, wfuzz, metasploit, netsparker, invicti, appscan, burp suite, skipfish, wapiti, webinspect,
  whitehat security, zmeu, morfeus fucking scanner, webshag, webcruiser, websploit, xsstrike, xspider,
  zaproxy, owasp zap, jbrofuzz, golismero, grendel-scan, httprint, jaascois, cgichk, core-project/1.0,
  dotdotpwn, datacha0s, fimap, gootkit, thc-hydra, internet exploiter, kittyxss, libwhisker, n-stealth,
  nsauditor, patator, pangolin, pmafind, prog.customcrawler, qualys was, rustbuster, scanbot,
  security scan, sysscan, tplmap, uil2pn, voideye, wafw00f, webbandit, wordpress hash grabber, l9explore,
  l9tcpid, leakix, detectify, intruder.io, httpx - open-source, interactsh, jaeles,
  kiterunner, crlfuzz, dalfox, paramspider, openvasvt, sslyze, sqlninja, bsqlbf, mysqloit, absinthe,
  bbqsql, cgiscan, cybeye, hello world, botnet, mirai, mozi, muhstik, kinsing, r00t, report runner, censysinspect,
  expanse, internetmeasurement, netsystemsresearch, project-resonance, modatscanner, shodan, binaryedge, criminalip, zoomeye, fofa,
  afrog, pocsuite, fscan, rustscan, ivre-masscan, greenbone, tenable.io, keydrop, emailcollector, emailsiphon, emailwolf, extractorpro,
  custom-asynchttpclient, pdrlabs, cms-checker, wpbruteforce, xmlrpc-brute, mozilla/4.0 (hydra), webvulnscan, vega/1.0, zgrab2, nmaplowercheck, brutus/aet,
  mozlila, nvdorz, getodin, security.ipip.net, xpanse, gnu (cow), morfeus, alittle client, cloud mapping experiment, gather analyze provide,
  libredtail-http, krebsonsecurity, tlm-audit-scanner, nettacker, cmsmap, droopescan, tsunamisecurityscanner, whatwaf, aliyunsecbot, graphw00f, graphql-cop,
  l9scan, yeswehack-hunter, jsql, bewica-security-scan, bfac, hexometer, netlab360, securityagent, sitelockspider, wprecon, wpprobe, appspider, ironwasp,
  qualysguard, n-stalker, sstimap, shortscan, kadimus, lfisuite, lfimap, noseyparker, trufflehog, infrasec scanner, muhstik-scan, sqlworm,
  fhscan, scan.lol, webvulncrawl, xpymep.exe, xpymep1.exe, check1.exe, t0phackteam, 1h4x.com, databasedrivermysqli, terrabot-owned-you,
  cariddi, osmedeus, reconftw, sn1per, xattacker, guestbook auto submitter, trackback/1.02,
  ltx71, slowhttptest, naabu, hakrawler, gospider, dirmap, ghauri, nosqlmap, xsser, visionheight, onlyscans
`;

/** Tools that look for holes and say so. */
export const SCANNER_AGENTS: RegExp = agentNames(NAMES);
