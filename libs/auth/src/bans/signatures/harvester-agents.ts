import { agentNames } from './agent-names.js';

/** Programs of before 2010 that gather addresses for mails nobody wants, and whole sites; since then forgers of agents use their names. */
const NAMES = `
  autoemailspider, atomic_email_hunter, cherrypicker, cherrypickerelite, cherrypickerse, crescent internet toolpak, email extractor, email siphon, email wolf,
  extractor pro, linkextractorpro, webemailextractor, web email extractor, backdoorbot, black hole, blackwidow, botalot, builtbottough, bunnyslippers, cheesebot,
  chinaclaw, copyrightcheck, dittospyder, download demon, download wonder, eirgrabber, erocrawler, express webpictures, extreme picture finder, eyenetie,
  getright, getweb!, go!zilla, go-ahead-got-it, grabnet, grafula, hmview, image stripper, image sucker, infonavirobot, internet ninja, jennybot, jetcar,
  joc web spider, kenjin spider, keyword density, larbin, leechftp, leechget, lexibot, lnspiderguy, mass downloader, mata hari, microsoft url control,
  midown tool, mister pix, mfc_tear_sample, navroad, net vampire, netants, netspider, netzip, offline navigator, pagegrabber, papa foto, pcbrowser, peoplepal,
  propowerbot, prowebwalker, queryn metasearch, realdownload, repomonkey, sitesnagger, slysearch, smartdownload, spacebison, spankbot, superbot, superhttp,
  szukacz, teleport pro, teleportpro, thenomad, tighttwatbot, true_robot, urly warning, web image collector, web sucker, webauto, webbandit, webcopier,
  webenhancer, webleacher, webpix, webreaper, websauger, website extractor, website quester, webstripper, websucker, webwhacker, webzip, wisenutbot,
  www-collector-e, xaldon webspider, zyborg
`;

/** How they call themselves. */
export const HARVESTER_AGENTS: RegExp = agentNames(NAMES);
