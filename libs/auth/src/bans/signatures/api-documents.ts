import { pathPattern } from './path-pattern.js';

/** Where frameworks put what describes an interface, or lets one try it. A developer knows theirs, or tries a few. */
const DOCUMENTS = `
  swagger swagger-ui swagger-ui.html swagger-ui/index.html swagger/index.html swagger/ui swagger/docs swagger.json swagger.yaml swagger.yml swagger-resources
  api-docs api-docs.json v1/api-docs v2/api-docs v3/api-docs openapi openapi.json openapi.yaml openapi.yml api/docs apidocs api/doc api/doc.json
  api/swagger api/swagger.json api/openapi.json redoc rapidoc graphiql graphql/console graphql/playground graphql/schema
  api/graphql graphql.php api.json api/schema api/schema.json api/v1/swagger.json api/v2/swagger.json doc.html api.html .well-known/openapi.json
`;

/** Paths of such documents. */
export const API_DOCUMENTS: RegExp = pathPattern(DOCUMENTS);
