import { pathPattern } from './path-pattern.js';

/**
 * What scanners look for, and what programs of other products call by themselves as well: agents, cameras, clients of networks and stores. One
 * that has the wrong host goes on for days with the same.
 */
const APIS = `
  onvif ^isapi ^tr069 upnp/control ubus webapi/entry.cgi webapi/query.cgi filestation stalker_portal
  _cat/indices _cluster/health _nodes _all_dbs _search _mget _snapshot solr/*/select pools/default v1/statement ws/v1/cluster
  api/hassio api/alertmanager api/rawdata api/ds/query debug/pprof debug/vars api/jolokia zabbix/jsrpc.php jsrpc.php
  api/v1/namespaces api/v1/nodes api/v1/pods apis/apps v2/_catalog v2/keys v1/kv v1/sys v3/clusters minio/admin ^nacos nacos/v1 v1/cs/configs
  artifactory/api artifactory/ui nexus/service service/rest/beta rest/api/latest/repos wiki/rest/api api/2.0/mlflow ajax-api/2.0/mlflow
  wp-json/wc rest/default/v1 rest/all/v1 rest/v1/guest-carts
  dana-na dana-ws dana-cached +cscoe+ +cscot+ +webvpn+ global-protect ssl-vpn remote/hostcheck_validate
`;

/** Paths of such interfaces: to ask for two is to look around, to ask for one again and again is not. */
export const FOREIGN_APIS: RegExp = pathPattern(APIS);
